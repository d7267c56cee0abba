"""Which jobs measure?  Those that the experiments ask for, network by network and seed by seed, upstream first."""

from collections.abc import Iterator, Sequence

from resdag.planning.job import Job, Made
from resdag.planning.maker import Maker
from resdag.planning.missing import Remaining
from resdag.planning.registry import experiments


def measured(maker: Maker) -> Iterator[Job]:
    """Every job of images and networks, upstream first."""
    (prepare,) = (each.data for each in experiments() if each.data)
    data = prepare(maker)
    yield data
    for name, network in maker.study.networks.items():
        all_made = [made_by(maker, name, seed, data) for seed in network.seeds]
        for made in all_made:
            yield made.job
            for experiment in experiments():
                yield from experiment.of_seed(maker, made) if experiment.of_seed else ()
        for experiment in experiments():
            yield from experiment.of_network(maker, all_made) if experiment.of_network else ()


def made_by(maker: Maker, name: str, seed: int, data: Job) -> Made:
    """The network of one seed with the job that makes it: trained, or loaded."""
    offers = (each.makes(maker, name, seed, data) for each in experiments() if each.makes)
    return Made(name, seed, data, next(job for job in offers if job))


def gathered(maker: Maker, jobs: list[Job]) -> list[Job]:
    """The jobs so far, and those that need to know them, or no network at all."""
    for experiment in experiments():
        jobs += experiment.of_study(maker, tuple(jobs)) if experiment.of_study else ()
    return jobs


def ended(maker: Maker, jobs: Sequence[Job], remaining: Remaining) -> Iterator[Job]:
    """The jobs that read what those before them write: every study ends in them."""
    for experiment in experiments():
        yield from experiment.ends(maker, jobs, remaining) if experiment.ends else ()
