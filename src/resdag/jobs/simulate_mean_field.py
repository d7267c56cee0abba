"""Job: moments of random networks, layer by layer, a chunk of draws (beyond Veit et al. 2016)."""

from collections.abc import Iterator

from resdag.jobs.context import Context, Row, Tables
from resdag.meanfield.recursion import Sigmas, System
from resdag.meanfield.simulation import bytes_kept, simulate


def run(context: Context) -> Tables:
    """Rows of `mean_field`, as many networks side by side as memory allows."""
    spec, system = context.spec, context.of["system"]
    first, last = spec["draws"]
    together = max(1, context.memory_bytes // bytes_kept(spec["matrices"], spec["width"], spec["depth"]))
    rows: list[Row] = []
    for start in range(first, last + 1, together):
        draws = range(start, min(start + together, last + 1))
        rows += _rows(context, system, draws)
        done = draws.stop - first
        context.steps.line(f"{done} networks, {context.steps.time_left(done, last + 1 - first)}")
    return {"mean_field": rows}


def _rows(context: Context, system: System, draws: range) -> Iterator[Row]:
    spec = context.spec
    sigmas = Sigmas(**{name.removeprefix("sigma_"): value for name, value in spec["sigmas"].items()})
    given = {name: spec[name] for name in ("width", "matrices")}
    found = simulate(
        system, draws, **given, depth=spec["depth"], sigmas=sigmas, cosine=spec["cosine"], device=context.device
    )  # fmt: skip
    for place, draw in enumerate(draws):
        columns = {name: values[place].tolist() for name, values in found._asdict().items()}
        for layer, values in enumerate(zip(*columns.values(), strict=True)):
            yield {"system": system, "draw": draw, "layer": layer} | given | dict(zip(columns, values, strict=True))
