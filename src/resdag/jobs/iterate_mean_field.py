"""Job: moments of an infinitely wide random network, layer by layer (beyond Veit et al. 2016)."""

from resdag.jobs.context import Context, Tables
from resdag.meanfield.recursion import Sigmas, iterate


def run(context: Context) -> Tables:
    """Rows of `mean_field_theory`."""
    system, given = context.of["system"], context.spec["sigmas"]
    sigmas = Sigmas(**{name.removeprefix("sigma_"): value for name, value in given.items()})
    stated = {"system": system, "sigma_v": None, "sigma_a": None, **given}
    states = iterate(system, sigmas, context.spec["cosine"], context.spec["depth"])
    return {"mean_field_theory": [stated | {"layer": layer} | state._asdict() for layer, state in enumerate(states)]}
