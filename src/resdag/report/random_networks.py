"""What did the random networks ask, and what came out?  The paragraph under figure_mean_field, from its rows."""

from typing import Any

import polars as pl

from resdag.report.words import power

NEAR = 0.01  # of a limit, as a share of it
LAYERS_AT_A_LIMIT = 100  # a chain that stays near for so long has reached it


def mean_field(rows: pl.DataFrame) -> str:
    """What the recursion says of each system, then how the simulation agrees with it."""
    asked = (
        "Before any training, how long does a chain of layers tell two inputs apart, and how fast does its gradient "
        "grow on the way back?"
    )
    systems = [rows.filter(system=name).sort("layer") for name in ("plain", "residual", "full")]
    parts = [_system(part) for part in systems if part.height]
    theory = f"By the recursion, {'; '.join(parts)}."
    limits = "All of this is about tanh networks at initialisation, without batch norm."
    return " ".join(part for part in (asked, theory, _agreement(rows), limits) if part)


def _system(rows: pl.DataFrame) -> str:
    """The recursion's cosine and gradient of one system, as a clause."""
    cosine, gradient = (rows.filter(quantity=name)["theory"].to_list() for name in ("cosine", "log10_gradient"))
    last = int(rows.drop_nulls("simulated")["layer"].max() or len(cosine) - 1)  # type: ignore[arg-type]
    return (
        f"the cosine of a {rows.item(0, 'system')} chain goes from {cosine[0]:.2g} to "
        f"{cosine[-1]:.3f} at layer {len(cosine) - 1:,}{_limit(cosine)}, and its mean squared gradient grows by a "
        f"factor of {power(10, round(gradient[last // 2]))} over {last // 2:,} layers and of "
        f"{power(10, round(gradient[last]))} over {last:,}"
    )


def _limit(cosine: list[float]) -> str:
    """From which layer on the cosine is as good as at its end, where it stays there for long; else that it moves."""
    end = cosine[-1]
    reached = max((layer for layer, value in enumerate(cosine) if abs(value / end - 1) > NEAR), default=-1) + 1
    if reached <= len(cosine) - 1 - LAYERS_AT_A_LIMIT and reached <= LAYERS_AT_A_LIMIT:
        return f" and is within {NEAR:.0%} of that from layer {reached:,} on"
    return ", where it still moves"


def _agreement(rows: pl.DataFrame) -> str:
    known = rows.drop_nulls("deviation")
    if known.is_empty():
        return ""
    deviation = known["deviation"].abs()
    at: dict[str, Any] = known.row(int(deviation.arg_max() or 0), named=True)
    return (
        f"Of {known.height:,} means over {at['draws']} simulated networks, "
        f"{(deviation.to_numpy() <= 3).mean():.1%} lie within three standard errors of the recursion, and the "
        f"farthest, the {WORDS[at['quantity']]} of {at['system']} at layer {at['layer']:,}, is "
        f"{abs(at['deviation']):.1f} away; neighbouring layers deviate together. The recursion is of infinite width: "
        f"finite networks leave it as depth nears width, here "
        f"{known.select(pl.max('layer')).item():,} and {at['width']:,}."
    )


WORDS = {"cosine": "cosine", "power": "mean square", "log10_gradient": "gradient"}
