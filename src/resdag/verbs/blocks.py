"""`resdag blocks`: which blocks has a network, and what may be done to each?"""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from typing import Any

from resdag.errors import StudyError
from resdag.verbs.places import enter_study

EXAMPLES = """examples:
  resdag blocks digits resnet20-original     of a network of config/digits.yaml
  resdag blocks torchvision:resnet50         of any model of torchvision, at 224 pixels
  resdag blocks timm:resnetv2_50 --size 160
  resdag blocks python:package.module:function

A block is deleted to its skip; blocks of one form may change places.
"""


def options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "study", metavar="STUDY|SOURCE:MODEL", help="a study, or a network by its source and name there"
    )
    parser.add_argument("network", nargs="?", metavar="NAME", help="of the study, a network; all, where none is named")
    parser.add_argument("--size", type=int, default=224, metavar="PIXELS", help="side of the images, without a study")


def run(arguments: Namespace) -> int:
    """Print a table for each network; StudyError where there is no such network."""
    from resdag.planning.structures import structure

    for name, given in _asked(arguments).items():
        found = structure(given)
        groups = found["groups"]
        print(f"{name}: {len(found['blocks'])} blocks, {found['parameters']:,} parameters, ", end="")
        print(f"{found['multiply_adds']:.2e} multiply-adds for an image of {given['image'][1]} pixels")
        print("\n".join(_lines(found["blocks"], groups)))
    return 0


def _asked(arguments: Namespace) -> dict[str, dict[str, Any]]:
    """Options of each network that is asked for, by name."""
    source, colon, model = arguments.study.partition(":")
    if colon and source in ("torchvision", "timm", "python"):
        key = "factory" if source == "python" else "model"
        return {arguments.study: {"source": source, key: model, "arguments": {}, "image": [3, arguments.size]}}
    return _of_study(arguments.study, arguments.network)


def _of_study(name: str, network: str | None) -> dict[str, dict[str, Any]]:
    from resdag.config.load import load_study

    study = load_study(enter_study(name))
    names = [network] if network else list(study.networks)
    if network and network not in study.networks:
        raise StudyError(f"{name}: has no network {network!r}; it has {', '.join(study.networks)}")
    image = [study.dataset.channels, study.dataset.side]
    return {each: {"image": image} | study.networks[each].traced_by() for each in names}


def _lines(blocks: list[dict[str, Any]], groups: list[list[int]]) -> Iterator[str]:
    width = max(len(block["layer"]) for block in blocks)
    yield f"{'block':>5s}  {'layer':{width}s}  {'takes':>14s}  {'gives':>14s}  {'parameters':>11s}  deleted  places"
    for block in blocks:
        shapes = "  ".join(f"{_form(block[key]):>14s}" for key in ("in_shape", "out_shape"))
        own = f"{block['block']:5d}  {block['layer']:{width}s}  {shapes}  {block['parameters']:11,d}"
        yield f"{own}  {'yes' if block['deletable'] else 'no':7s}  {_places(block, groups)}"


def _form(shape: list[int]) -> str:
    return " x ".join(map(str, shape))


def _places(block: dict[str, Any], groups: list[list[int]]) -> str:
    """With which blocks it may change places, or why with none."""
    for group in groups:
        if block["block"] in group:
            together = group == list(range(group[0], group[-1] + 1))
            return f"within {group[0]} to {group[-1]}" if together else f"within {', '.join(map(str, group))}"
    if block["reorderable"]:
        return "no other block has its form"
    return f"no: {block['fixed'] or 'it changes the shape, or reads what another block does not'}"
