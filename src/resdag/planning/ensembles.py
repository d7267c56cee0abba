"""Which jobs measure several trained networks together? One for each entry of `networks`, over all its seeds."""

from collections.abc import Iterator, Sequence

from resdag.planning.job import Job
from resdag.planning.maker import Maker


def averaged(maker: Maker, name: str, data: Job, made: Sequence[Job]) -> Iterator[Job]:
    """The job that averages the networks of one entry; `made` are the jobs that made them, seed by seed."""
    ensembles, network = maker.study.ensembles, maker.study.networks[name]
    if ensembles is None or name not in ensembles.networks:
        return
    spec = {
        "test_limit": maker.study.dataset.test_limit,
        "seeds": list(network.seeds),
        "members": list(ensembles.members),
        "draws": ensembles.draws,
    }
    yield maker.job(
        "average_ensembles", {"network": name}, spec, upstream=[data, *made], modules=maker.model_modules(name)
    )
