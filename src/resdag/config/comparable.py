"""May these networks be held against each other?  They share all but what the comparison is about.

Networks of equal depth, width, shortcut and first block have equally many parameters however many convolutions a
block has: their convolutions and batch norms are the same row of layers, only the skips stand elsewhere
(tests/test_models.py counts them).  So what multiplicity needs is that these options agree.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

from resdag.config.networks import ARCHITECTURES, RESIDUAL_ARCHITECTURES, Staged
from resdag.config.words import shown

if TYPE_CHECKING:
    from resdag.config.study import Study

# Of three stages, so that depth means the same in all.
STAGED = tuple(name for name, each in ARCHITECTURES.items() if issubclass(each, Staged))
# With a gate for each block, fewer blocks would be fewer parameters.
UNGATED = tuple(
    name for name in STAGED if ARCHITECTURES[name].has_skips and "gate" not in ARCHITECTURES[name].model_fields
)


class _Kind(NamedTuple):
    """One comparison: which architectures it takes, the key that it is about, and what else may differ."""

    architectures: tuple[str, ...]
    about: str  # a key below the network's entry
    may_differ: frozenset[str] = frozenset()


# A warm-up is what a deep network needs to start at all (H15: 110 layers); what is measured or kept after an epoch
# trains nothing.
_LOOSE = frozenset(f"training.{key}" for key in ("warmup_steps", "warmup_learning_rate", "test_images", "keep_epochs"))
KINDS = {
    "depth": _Kind(STAGED, "depth", _LOOSE | {"architecture"}),
    "multiplicity": _Kind(UNGATED, "convolutions", _LOOSE),
    "blocks_per_batch": _Kind(RESIDUAL_ARCHITECTURES, "training.blocks_per_batch", _LOOSE | {"training.test_scale"}),
}


def incomparable(study: "Study", comparisons: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """One sentence for each reason why networks of a comparison cannot be compared; comparisons by kind."""
    for name, given in comparisons.items():
        kind, names, key = KINDS[name], tuple(given), f"comparisons.{name}"
        if not set(names) <= set(study.networks):
            continue
        wrong = [*_architectures(study, key, names, kind)]
        if not wrong:
            checks: tuple[Callable[..., Iterator[str]], ...] = (_differences, _repeated, _EXTRA[name])
            wrong = [sentence for check in checks for sentence in check(study, key, names, kind)]
        yield from wrong


def _architectures(study: "Study", key: str, names: tuple[str, ...], kind: _Kind) -> Iterator[str]:
    for index, name in enumerate(names):
        architecture = study.networks[name].architecture
        if architecture not in kind.architectures:
            allowed = f"allowed are networks of {', '.join(kind.architectures)}"
            yield f"{key}.networks[{index}]: got {name!r}, a {architecture} network; {allowed}"


def _values(study: "Study", name: str) -> dict[str, Any]:
    """Everything that makes a network what it is, by its key's path; the training of a loaded one is not known."""
    network = study.networks[name]
    own = study.recipe(name)
    recipe = {} if network.weights else own.model_dump(exclude={"keep_epochs", *own.of_no_account})
    return network.options() | {f"training.{key}": value for key, value in recipe.items()}


def _differences(study: "Study", key: str, names: tuple[str, ...], kind: _Kind) -> Iterator[str]:
    """What differs and should not; of each network the first difference from an earlier one."""
    for other in names[1:]:
        for earlier in names[: names.index(other)]:
            theirs, its = _values(study, earlier), _values(study, other)
            common = [each for each in its if each in theirs and each not in {kind.about, *kind.may_differ}]
            differing = next((each for each in common if its[each] != theirs[each]), None)
            if differing:
                yield (
                    f"networks.{other}.{differing}: got {shown(its[differing])}, but {key} holds it against "
                    f"{earlier!r}: allowed is {shown(theirs[differing])}, as in networks.{earlier}.{differing}"
                )
                break


def _repeated(study: "Study", key: str, names: tuple[str, ...], kind: _Kind) -> Iterator[str]:
    """Two networks alike in what the comparison is about."""
    what = {name: _values(study, name) for name in names}
    for first, second in combinations(names, 2):
        alike = (kind.about, *(each for each in ("architecture",) if each in kind.may_differ))
        if all(what[first].get(each) == what[second].get(each) for each in alike):
            yield (
                f"networks.{second}.{kind.about}: got {shown(what[second].get(kind.about))}, but {key} needs networks "
                f"that differ in it, and it is as in networks.{first}.{kind.about}"
            )


def _two_depths(study: "Study", key: str, names: tuple[str, ...], _: _Kind) -> Iterator[str]:
    architectures = [study.networks[name].architecture for name in names]
    for index, architecture in enumerate(architectures):
        if architectures.count(architecture) == 1:
            yield f"{key}.networks[{index}]: got {names[index]!r}, the only {architecture} network: give two depths"


def _one_of_all_blocks(study: "Study", key: str, names: tuple[str, ...], _: _Kind) -> Iterator[str]:
    for index, name in enumerate(names):
        if study.networks[name].weights:
            yield f"{key}.networks[{index}]: got {name!r}, which is loaded, so its training is not known"
    if all(study.recipe(name).blocks_per_batch for name in names):
        yield f"{key}.networks: got {shown(list(names))}, but one must be trained on all blocks, to compare with"


_EXTRA: dict[str, Callable[..., Iterator[str]]] = {
    "depth": _two_depths,
    "multiplicity": lambda *_: iter(()),
    "blocks_per_batch": _one_of_all_blocks,
}
