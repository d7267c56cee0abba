"""Values and pydantic's messages in words of YAML rather than of Python."""

from reprlib import Repr

from resdag.addresses import without_password

TEXT_LENGTH = 60
_LONGEST_INTEGER_BITS = 128


def shown(value: object) -> str:
    """The value as a person wrote it in YAML, cut where it is long or deep."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int) and value.bit_length() > _LONGEST_INTEGER_BITS:
        return f"a number of {int(value.bit_length() * 0.30103) + 1} digits or so"
    text = without_password(" ".join(_short.repr(value).split()))
    return text if len(text) <= TEXT_LENGTH else text[:TEXT_LENGTH] + "..."


class _Short(Repr):
    """reprlib's, which never walks more of a value than it shows; long integers by their size."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel, self.maxstring, self.maxother = 3, TEXT_LENGTH, TEXT_LENGTH

    def repr_int(self, value: int, level: int) -> str:
        return shown(value) if value.bit_length() > _LONGEST_INTEGER_BITS else repr(value)


_short = _Short()


_PLAINER = {
    "Tuple should": "it should", "Dictionary should": "it should", "Input should": "it should",
    "after validation, ": "", "a valid dictionary or object to extract fields from": "a mapping",
    "a valid dictionary": "a mapping", "String should": "it should", "valid tuple": "list",
}  # fmt: skip


def plainer(message: str) -> str:
    """pydantic's message in words of YAML rather than of Python."""
    for theirs, plainer in _PLAINER.items():
        message = message.replace(theirs, plainer)
    return message[0].lower() + message[1:]
