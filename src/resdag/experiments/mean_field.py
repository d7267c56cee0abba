"""Random tanh networks at initialisation, held against the recursion of their moments (figure_mean_field)."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, field_validator, model_validator

from resdag.config.base import NUMERIC, Count, Section, distinct
from resdag.config.checks import few_jobs
from resdag.planning.chunks import chunks
from resdag.planning.experiment import Experiment, Key, Limit, Rule, Work, seconds_only

if TYPE_CHECKING:
    from resdag.config.study import Study
    from resdag.planning.job import Job
    from resdag.planning.maker import Maker

System = Literal["plain", "residual", "full"]
Sigma = Annotated[float, Field(ge=0, le=10), NUMERIC]  # far beyond these, tanh is a step
Depth = Annotated[int, Field(ge=1, le=100_000), NUMERIC]


class MeanField(Section):
    """Random tanh networks against the mean-field recursion (Yang and Schoenholz 2017): beyond the paper."""

    systems: Annotated[tuple[System, ...], Field(min_length=1)] = ("plain", "residual", "full")
    """`plain`: x' = tanh(Wx + b); `residual`: x' = x + tanh(Wx + b); `full`: x' = x + V tanh(Wx + b) + a."""
    width: Annotated[int, Field(ge=10, le=1_000_000), NUMERIC] = 1000
    """Units in each layer of the simulated networks; the recursion is of infinite width."""
    depth: Depth = 200
    """Layers of the simulated networks."""
    theory_depth: Depth = 1500
    """Layers that the recursion goes to: the exponent of the cosine shows only deep down."""
    draws: Count = 20
    """Random networks of each system, the same whatever else is simulated."""
    matrices: Literal["formed", "conditioned"] = "formed"
    """`formed`: each weight matrix is drawn, twice; `conditioned`: only what it does to the vectors at hand, by the
    same law, in a hundredth of the time."""
    sigma_w: Annotated[float, Field(gt=0, le=10), NUMERIC] = 2.0
    """Standard deviation of the entries of W, times the root of the width."""
    sigma_b: Sigma = 0.5
    """Standard deviation of the entries of b."""
    sigma_v: Sigma = 1.0
    """Standard deviation of the entries of V, times the root of the width (`full` only)."""
    sigma_a: Sigma = 1.0
    """Standard deviation of the entries of a (`full` only)."""
    cosine: Annotated[float, Field(gt=0, lt=1), NUMERIC] = 0.9
    """Cosine between the two inputs, which have mean square 1."""

    @field_validator("systems")
    @classmethod
    def _distinct(cls, systems: tuple[str, ...]) -> tuple[str, ...]:
        return distinct(systems)

    @model_validator(mode="after")
    def _deep_enough(self) -> "MeanField":
        if self.theory_depth < self.depth:
            raise ValueError(f"theory_depth {self.theory_depth} must be at least depth {self.depth}")
        if "plain" in self.systems and self.sigma_b == 0 and self.sigma_w < 1:
            raise ValueError(
                f"sigma_w {self.sigma_w:g} must be at least 1 where sigma_b is 0: the states of a plain chain vanish"
            )
        return self


KEY = Key(
    "mean_field", MeanField, "Random networks at initialisation, against the recursion of their moments.",
    costs="Two random matrices of `width` squared for each system, layer and draw (four in `full`), 4 ns an entry on a "
    "CPU core; with conditioned matrices a few vectors of `width`.",
    cost_of={
        "systems": "one more repeats nothing",
        "width": "time: its square, in proportion if conditioned; memory, in proportion",
        "depth": "time and memory, in proportion",
        "theory_depth": "half a millisecond each; repeats the recursion alone",
        "draws": "time, in proportion; more add jobs and repeat none",
    },
)  # fmt: skip
NORMAL = 50  # multiply-adds in the time of one normal random number and its share of a product: 4 ns on such a core
CONDITIONED_NORMALS = 20  # in the time that a layer of a conditioned matrix takes for each unit


def cost(work: Work) -> float:
    """Random numbers, which cost more than what is done with them, as multiply-adds."""
    spec, matrices = work.spec, 2 if work.of["system"] == "full" else 1
    drawn = 2 * spec["width"] ** 2 if spec["matrices"] == "formed" else CONDITIONED_NORMALS * spec["width"]
    return float(work.span("draws") * spec["depth"] * matrices * drawn * NORMAL)


ITERATE = Rule(
    name="iterate_mean_field",
    says="Iterate the moments of infinitely wide random networks, layer by layer: figure_mean_field.",
    writes={"mean_field_theory": "mean-field/{system}/theory-{fingerprint}.parquet"},
    cost=seconds_only,
    target="mean_field",
    wildcards=("system",),
    memory_mb=500,
)
SIMULATE = Rule(
    name="simulate_mean_field",
    says="Send two inputs through random networks and a gradient back, a chunk of draws: figure_mean_field.",
    writes={"mean_field": "mean-field/{system}/draws{chunk}-{fingerprint}.parquet"},
    cost=cost,
    target="mean_field",
    wildcards=("system", "chunk"),
    device=True,
)


def check(study: "Study") -> Iterator[str]:
    """Not too many draws."""
    section = KEY.of(study)
    yield from few_jobs(study, f"{KEY.path}.draws", section.draws if section else 0, "simulations")


def random_networks(maker: "Maker", _: "Sequence[Job]") -> "Iterator[Job]":
    """For each system one job of theory, and one for each chunk of draws."""
    section = KEY.of(maker.study)
    for system in section.systems if section else ():
        assert section is not None
        own = ("sigma_w", "sigma_b", "sigma_v", "sigma_a") if system == "full" else ("sigma_w", "sigma_b")
        common = {"sigmas": {name: getattr(section, name) for name in own}, "cosine": section.cosine}
        yield maker.job(ITERATE, {"system": system}, common | {"depth": section.theory_depth})
        spec = common | {"width": section.width, "depth": section.depth, "matrices": section.matrices}
        for chunk, draws in chunks(section.draws, maker.study.jobs.simulations):
            yield maker.job(SIMULATE, {"system": system, "chunk": chunk}, spec | {"draws": draws})


def draws(study: "Study") -> int | None:
    """Draws that the study asks for."""
    section = KEY.of(study)
    return section.draws if section else None


EXPERIMENT = Experiment(
    place=600, rules=(ITERATE, SIMULATE), keys=(KEY,), check=check, of_study=random_networks,
    limits=(Limit("simulate_mean_field", "mean_field", "draw", draws),),
)  # fmt: skip
