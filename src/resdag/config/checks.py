"""What an experiment may ask of the rest of a study: skips, single deletions, weights of a moment, not too many jobs.

Each takes the study and the key of the experiment, and gives a sentence for each contradiction.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from resdag.config.networks import RESIDUAL_ARCHITECTURES
from resdag.config.words import shown
from resdag.planning.experiment import Key

if TYPE_CHECKING:
    from resdag.config.study import Study

MOST_JOBS = 1000  # of one network and experiment; Snakemake takes seconds to look at a thousand


def named(study: "Study", key: Key[Any]) -> Iterator[tuple[str, str]]:
    """The place and name of each network that an experiment names and that there is."""
    section = key.of(study)
    for index, name in enumerate(section.networks if section else ()):
        if name in study.networks:
            yield f"{key.path}.networks[{index}]", name


def needs_skips(study: "Study", key: Key[Any]) -> Iterator[str]:
    """Its networks must have skip connections."""
    for place, name in named(study, key):
        architecture = study.networks[name].architecture
        if not study.networks[name].has_skips:
            yield (
                f"{place}: got {name!r}, a {architecture} network, but this needs skip connections; "
                f"allowed are networks of {', '.join(RESIDUAL_ARCHITECTURES)}"
            )


def needs_another(study: "Study", key: Key[Any], other: Key[Any]) -> Iterator[str]:
    """Its networks must stand in another experiment too, which its rows are held against."""
    section = other.of(study)
    for place, name in named(study, key):
        if name not in (section.networks if section else ()):
            yield (
                f"{place}: got {name!r}, but this is held against {other.path}; allowed are networks that stand there"
            )


def needs_moments(study: "Study", key: Key[Any]) -> Iterator[str]:
    """Its networks' weights must be there at each of its `epochs`."""
    section = key.of(study)
    for _, name in named(study, key):
        yield from _moments(study, f"{key.path}.epochs", section.epochs, name)  # type: ignore[union-attr]


def _moments(study: "Study", place: str, epochs: Sequence[int | str], name: str) -> Iterator[str]:
    if study.networks[name].weights is not None:
        for epoch in (epoch for epoch in epochs if epoch != "last"):
            lost = "its initialisation is" if epoch == "first" else "its weights on the way are"
            yield f"{place}: got {epoch!r}, but {name!r} is loaded, so {lost} not known; allowed is last"
        return
    kept = study.recipe(name).keep_epochs
    missing = [epoch for epoch in epochs if isinstance(epoch, int) and epoch not in kept]
    if missing:
        allowed = ", ".join(map(str, ("first", *kept, "last")))
        yield (
            f"{place}: got {shown(missing)}, but {name!r} does not keep its weights then; allowed are {allowed}, or "
            f"more epochs before its last, as in networks.{name}.training.keep_epochs"
        )


def needs_blocks(study: "Study", key: Key[Any], numbers: str) -> Iterator[str]:
    """A network must have as many blocks as are deleted; a smaller one is measured at the numbers that it has."""
    sizes = {name: study.networks[name].deletable for _, name in named(study, key)}
    counts = getattr(key.of(study), numbers, ())
    for name, deletable in sizes.items():
        largest, none_fits = deletable == max(sizes.values()), min(counts) > deletable
        too_many = [count for count in counts if count > deletable] if largest or none_fits else []
        if too_many:
            reason = f"but {name!r} has {deletable} blocks that can be deleted"
            yield f"{key.path}.{numbers}: got {shown(too_many)}, {reason}: allowed are 1 to {deletable}"


def few_jobs(study: "Study", place: str, count: int, size: str) -> Iterator[str]:
    """So many draws or batches, cut into pieces of `jobs.SIZE`, must not make thousands of jobs."""
    jobs = -(-count // getattr(study.jobs, size))
    if jobs > MOST_JOBS:
        yield f"{place}: makes {jobs} jobs of each network, allowed are {MOST_JOBS}: lower it, or raise jobs.{size}"


def possible(study: "Study", name: str, counts: Sequence[int]) -> list[int]:
    """The numbers of blocks that can be deleted from a network: a smaller one is measured at fewer of them."""
    return [count for count in counts if count <= study.networks[name].deletable]
