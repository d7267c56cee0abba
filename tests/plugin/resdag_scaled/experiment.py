"""Branches that are turned down instead of deleted: each block's branch times a factor, at test time."""

from typing import Annotated

from pydantic import Field

from resdag.config.base import NUMERIC, OfNetworks
from resdag.planning.experiment import Experiment, Key, Rule


class Scaled(OfNetworks):
    """Each block's branch multiplied by a factor, by itself."""

    factors: Annotated[tuple[Annotated[float, Field(ge=0, le=2), NUMERIC], ...], Field(min_length=1)] = (0.0, 0.5)
    """What the branch is multiplied by; 0 deletes it."""


KEY = Key("scaled", Scaled, "Branches turned down.", costs="One pass over the test images for each factor and block.")

SCALE = Rule(
    name="scale_branches",
    says="Turn each branch down by itself: figure_scaled.",
    writes={"scaled": "scaled/{network}/seed{seed}-{fingerprint}.parquet"},
    cost=lambda work: len(work.spec["factors"]) * work.blocks * work.test_pass,
    target="lesions",
    wildcards=("network", "seed"),
    device=True,
    module="resdag_scaled.job",
)


def scaled(maker, made):
    """The job that turns the branches of a network down."""
    section = KEY.on(maker.study, made.network)
    if section:
        yield maker.on_test_images(SCALE, made, {"factors": list(section.factors)})


EXPERIMENT = Experiment(place=380, rules=(SCALE,), keys=(KEY,), of_seed=scaled)
