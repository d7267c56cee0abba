"""`resdag schema`: the JSON schema of study files, for editors."""

from argparse import ArgumentParser, Namespace

EXAMPLES = """example:
  resdag schema > config/schema.json
"""


def options(parser: ArgumentParser) -> None:
    """It has none."""


def run(arguments: Namespace) -> int:
    """Print the schema."""
    from resdag.config.schema import schema_text

    print(schema_text(), end="")
    return 0
