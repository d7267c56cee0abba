"""Weights by address: a file that others published, and how its sum begins."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Annotated
from urllib.parse import unquote, urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    field_serializer,
)

from resdag.addresses import without_password
from resdag.config.base import Path, Section

CHECKPOINTS = "data/checkpoints"
SHIPPED = "DEFAULT"  # weights that come with the network's own source
SHORTEST_SUM = 8  # hexadecimal digits, as in names such as resnet110-1d1ed7c2.th


def _quoted(value: object) -> object:
    """YAML takes digits without a letter for a number, and a leading zero away."""
    if isinstance(value, int | float):
        raise ValueError("it is a number: put the digits in quotes")
    return value


def _names_a_file(url: str) -> str:
    name = unquote(PurePosixPath(urlsplit(url).path).name)
    if not urlsplit(url).hostname or not name or name != name.strip(". ") or "/" in name or not name.isprintable():
        raise ValueError("it should end in the name of a file, as in https://example.org/resnet110-1d1ed7c2.th")
    return url


Url = Annotated[str, Field(pattern=r"^https?://\S+$", max_length=4000), AfterValidator(_names_a_file)]
Digits = Annotated[
    str,
    StringConstraints(to_lower=True, pattern=rf"^[0-9a-fA-F]{{{SHORTEST_SUM},64}}$"),
    BeforeValidator(_quoted),
]


class Address(Section):
    """A published file: it is fetched once, and taken only if its sum fits."""

    url: Url
    """Where the file is served, by http or https; redirects are followed."""
    sha256: Digits
    """Its SHA-256, or how it begins: 8 hexadecimal digits or more, in quotes where no letter is among them."""

    @field_serializer("url")
    def _without_password(self, url: str) -> str:
        return without_password(url)

    @property
    def path(self) -> str:
        """Where the file lies: under the name that the address gives it, which tells it from its namesakes."""
        name = PurePosixPath(unquote(urlsplit(self.url).path))
        short = self.sha256[:SHORTEST_SUM]
        return f"{CHECKPOINTS}/{name.name if short in name.name.lower() else f'{name.stem}-{short}{name.suffix}'}"

    @property
    def identity(self) -> str:
        """What stands for the file in fingerprints, before it is there too: as many digits as each study gives."""
        return self.sha256[:SHORTEST_SUM]


def _no_bare_address(path: str) -> str:
    if path.startswith(("http://", "https://")):
        raise ValueError("an address needs the sum of its file: {url: ..., sha256: ...}")
    return path


def _which(value: object) -> str:
    return "<address>" if isinstance(value, Mapping | Address) else "<path>"


Weights = Annotated[
    Annotated[Path, AfterValidator(_no_bare_address), Tag("<path>")] | Annotated[Address, Tag("<address>")],
    Discriminator(_which),
]


def file_of(weights: str | Address | None) -> str | None:
    """Where a network's weights lie, or will lie once they are fetched; None where they are trained, or shipped."""
    if isinstance(weights, Address):
        return weights.path
    return None if weights == SHIPPED else weights
