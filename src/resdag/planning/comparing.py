"""Which jobs hold networks against each other, once all of them are measured?"""

from collections.abc import Iterator

from resdag.planning.job import Job
from resdag.planning.maker import Maker


def compared(maker: Maker, measured: list[Job]) -> Iterator[Job]:
    """The job of the study's comparisons, downstream of the networks that they name; none where it names none."""
    networks = {name: list(each.networks) for name, each in maker.study.comparisons if each is not None}
    if networks:
        named = {network for names in networks.values() for network in names}
        sources = [job for job in measured if job.rule == "evaluate_network" and job.of["network"] in named]
        spec = {
            "study": maker.study.study,
            "kind": maker.study.dataset.kind,
            "confidence": maker.study.claims.confidence,
            "comparisons": networks,
            "limits": {},
        }
        yield maker.job("compare_networks", {}, spec, upstream=sources)
