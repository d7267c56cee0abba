"""Which jobs hold random networks against the mean-field recursion: for each system, one of theory, chunks of draws."""

from collections.abc import Iterator

from resdag.planning.job import Job
from resdag.planning.maker import Maker, chunks


def mean_field(maker: Maker) -> Iterator[Job]:
    """The jobs of the study's `mean_field` section; none without it."""
    section = maker.study.mean_field
    if section is None:
        return
    for system in section.systems:
        own = ("sigma_w", "sigma_b", "sigma_v", "sigma_a") if system == "full" else ("sigma_w", "sigma_b")
        common = {"sigmas": {name: getattr(section, name) for name in own}, "cosine": section.cosine}
        yield maker.job("iterate_mean_field", {"system": system}, common | {"depth": section.theory_depth})
        spec = common | {"width": section.width, "depth": section.depth, "matrices": section.matrices}
        for chunk, draws in chunks(section.draws, maker.study.jobs.simulations):
            yield maker.job("simulate_mean_field", {"system": system, "chunk": chunk}, spec | {"draws": draws})
