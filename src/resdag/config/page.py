"""What can stand in a study file?  config/README.md, made from the models, below a head written by hand.

Types, ranges, defaults and sentences come from the JSON schema, so the page says what
is checked and nothing else.  What a key costs is known to people only: it stands here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from resdag.config.base import LARGEST
from resdag.config.networks import ARCHITECTURES
from resdag.config.schema import study_schema
from resdag.planning.registry import keys

Schema = Mapping[str, Any]

MARK = "<!-- Below this line: made from the models by `resdag.config.page`; edit those. -->\n"


def _declared() -> list[tuple[str, tuple[str, ...], str]]:
    """The tables of the experiments: one for each section that holds several, then one for each key."""
    found: dict[str, tuple[str, tuple[str, ...], str]] = {}
    for key in keys():
        group, _, name = key.path.partition(".")
        if name:
            found.setdefault(group, (f"`{group}`", (group.capitalize(),), "What is not named is not run."))
        alike = [other for other in keys() if other.model is key.model]
        path = key.path if len(alike) == 1 else f"{group}.NAME"
        found.setdefault(path, (f"`{path}`", (key.model.__name__,), key.costs))
    return list(found.values())


# Title of each table, the models whose keys it lists, and what the whole of it costs.
SECTIONS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("The study", ("Study",), "Only `study`, `dataset` and `networks` are required. What is not named is not run."),
    ("`dataset`", ("Digits", "Cifar10", "Cifar100", "ImageFolder", "ImageNet"),
     "Another `kind`, other contents or `train_limit` measure everything again; `test_limit` trains nothing again; "
     "`root`, `archive` and `download` repeat nothing."),
    ("`training`", ("Training",),
     "The defaults are the paper's recipe. Any change trains every network again, except those that say otherwise in "
     "their own `training`, which takes the same keys."),
    ("`networks.NAME`", tuple(each.__name__ for each in ARCHITECTURES.values()),
     "Each network costs one training per seed, and its share of every experiment that names it. A change, or one "
     "more, repeats nothing of the other networks."),
    ("`networks.NAME`, of others", ("Torchvision", "Timm", "Python"),
     "`source` in place of `architecture`. Blocks are found by tracing, once, in seconds; without `weights` the "
     "network is trained by the study's recipe."),
    ("`networks.NAME.preprocessing`", ("Preprocessing",), "Part of the network: a change makes it again."),
    ("`networks.NAME.weights`", ("Address",),
     "Fetched once into `data/checkpoints/`, or put there by you; another address of the same file repeats nothing."),
    ("`networks.NAME.normalization`", ("Normalization",), "Part of the network: a change makes it again."),
    *_declared(),
    ("`jobs`", ("Jobs",), "How the same work is cut into processes; starting one takes seconds."),
    ("`claims`", ("Claims",), "Any change judges again, and writes database and report again: seconds."),
    ("`figures`", ("Figures",), "Any change draws again: seconds."),
    ("`figures.styles.NAME`", ("FigureStyle",), "Any change draws that figure again, and the report: seconds."),
)  # fmt: skip

# What single keys cost, where it is more than their table says.
COSTS: Mapping[tuple[str, str], str] = {
    ("Training", "epochs"): "time of training, in proportion",
    (
        "Training",
        "precision",
    ): "bfloat16: two thirds of the time on CIFAR, given avx512_bf16, amx_bf16 or an Ampere GPU",
    ("Training", "devices"): "repeats nothing, but for local statistics; on GPUs, time in proportion",
    ("Training", "test_images"): "one forward pass of each, every epoch",
    ("Training", "keep_epochs"): "disk: the weights once more for each; a change trains again",
    ("Training", "stochastic_depth"): "saves a quarter of the time at 0.5",
    ("Training", "blocks_per_batch"): "saves time: only these blocks are computed",
    ("PreactResNet", "depth"): "time and memory, in proportion",
    ("PreactResNet", "width"): "time: its square; memory: in proportion",
    ("PreactResNet", "convolutions"): "nothing: as many layers; fewer blocks to measure",
    ("PreactResNet", "seeds"): "one training and all measurements each",
    ("Vgg", "depth"): "time and memory, in proportion",
    ("Vgg", "channels"): "time: its square; memory: in proportion",
    ("Jobs", "simulations"): "repeats mean-field simulations",
    ("Jobs", "spectra"): "repeats path spectra",
    ("Jobs", "draws"): "repeats random deletions and reorderings",
    ("Jobs", "batches"): "repeats path gradients",
    ("Jobs", "memory_gib"): "nothing is repeated; more is faster, up to the device's",
    ("Claims", "confidence"): "statistics are computed again too: seconds",
    **{(key.model.__name__, name): words for key in keys() for name, words in key.cost_of.items()},
}


def tables_text() -> str:
    """The lower part of config/README.md: a table of keys for each section."""
    models = _models()
    return "\n".join(part for section in SECTIONS for part in _section(*section, models)) + "\n"


def page_text(page: str) -> str:
    """The page as it should be: its head as it stands, and the tables of today."""
    return page.split(MARK)[0] + MARK + "\n" + tables_text()


def _models() -> dict[str, Schema]:
    whole = study_schema()
    in_order = dict(sorted(whole["properties"].items(), key=lambda item: _place(item[0])))
    return whole["$defs"] | {"Study": whole | {"properties": in_order}}


def _place(key: str) -> int:
    """Where the tables of a key of the study stand; what has no table is said first."""
    return next((index for index, (title, *_) in enumerate(SECTIONS) if title[1:].startswith(key)), -1)


def _section(title: str, names: tuple[str, ...], cost: str, models: Mapping[str, Schema]) -> Iterator[str]:
    yield f"## {title}\n\n{cost}\n"
    yield "| key | what | value | by default | costs |\n|---|---|---|---|---|"
    for key in _keys(names, models):
        some = len(key.owners) < len(names)
        only = f" ({', '.join(_tag(models[owner]) for owner in key.owners)} only)" if some else ""
        what = _what(key.schema, models).replace("|", "\\|")
        default = "required" if key.required else _default(key.schema.get("default"))
        yield f"| `{key.name}` | {what}{only} | {_type(key.schema, models)} | {default} | {_cost(key)} |"
    yield ""


@dataclass
class _Key:
    """A row of a table: a key, the models that have it so, what it is."""

    name: str
    owners: list[str]
    schema: Schema
    required: bool


def _keys(names: tuple[str, ...], models: Mapping[str, Schema]) -> list[_Key]:
    """Keys of the models together, the tag first with all its values; a key that differs among them once for each."""
    tag = _Key("", [], {}, True)
    found: list[_Key] = [tag] if len(names) > 1 else []
    for name in names:
        for key, schema in models[name]["properties"].items():
            if "const" in schema:
                tag.name, tag.schema = key, {"enum": [*tag.schema.get("enum", []), schema["const"]]}
                tag.owners.append(name)
                continue
            same = [each for each in found if (each.name, _type(each.schema, models)) == (key, _type(schema, models))]
            if same:
                same[0].owners.append(name)
            else:
                found.append(_Key(key, [name], schema, key in models[name].get("required", ())))
    return found


def _tag(model: Schema) -> str:
    return next(f"`{schema['const']}`" for schema in model["properties"].values() if "const" in schema)


def _what(schema: Schema, models: Mapping[str, Schema]) -> str:
    if "$ref" in schema and "description" not in schema:
        return str(models[schema["$ref"].split("/")[-1]]["description"])
    return str(schema.get("description", "Which of them; each has keys of its own."))


def _cost(key: _Key) -> str:
    return next((COSTS[owner, key.name] for owner in key.owners if (owner, key.name) in COSTS), "")


def _default(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "`true`" if value else "`false`"
    if isinstance(value, list):
        return f"`[{', '.join(map(str, value))}]`"
    return f"`{value}`" if value != {} and not isinstance(value, dict) else "its own defaults"


def _type(schema: Schema, models: Mapping[str, Schema]) -> str:
    """What may stand there, with its range."""
    if "$ref" in schema:
        return _type(models[schema["$ref"].split("/")[-1]], models)
    if "anyOf" in schema:
        return " or ".join(_type(each, models) for each in schema["anyOf"] if each.get("type") != "null")
    if "oneOf" in schema:
        return " or ".join(dict.fromkeys(_type(each, models) for each in schema["oneOf"]))
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "prefixItems" in schema:
        return f"list of {len(schema['prefixItems'])}: {_type(schema['prefixItems'][0], models)}"
    if schema.get("type") == "array":
        return f"list: {_type(schema['items'], models)}"
    words = {"integer": "whole number", "number": "number", "boolean": "`true`, `false`", "string": "text"}
    return words.get(schema.get("type", ""), "mapping") + _range(schema)


def _range(schema: Schema) -> str:
    low, above = schema.get("minimum"), schema.get("exclusiveMinimum")
    high, below = schema.get("maximum"), schema.get("exclusiveMaximum")
    parts = [
        f"from {low:,}" if low is not None else f"above {above:,}" if above is not None else "",
        f"to {high:,}" if high not in (None, LARGEST) else f"below {below:,}" if below is not None else "",
    ]
    text = " ".join(part for part in parts if part).replace(".0 ", " ").removesuffix(".0")
    return f", {text}" if text else ""


if __name__ == "__main__":
    import sys
    from pathlib import Path

    written = Path(sys.argv[1])
    written.write_text(page_text(written.read_text(encoding="utf-8")), encoding="utf-8")
