"""Do random networks follow the mean-field recursion, and does it fall as its theory says?

Simulated means are held against the recursion at every layer.  Layers of one network hang together: an excursion
of a few networks lasts for many layers, so shares of layers are judged and no count of independent tests.
"""

from math import pi

import numpy as np
import polars as pl

from resdag.queries.statistics import Interval, line_fit
from resdag.queries.verdicts import Evidence, Finding, Verdict, above, found, least, most, not_run, percent

EXPONENT = 2 / pi - 1  # Yang and Schoenholz 2017: of the cosine in a residual network


def simulation(evidence: Evidence) -> Finding:
    """Share of layers and quantities within so many standard errors, the least over systems decides."""
    rows = evidence.rows(
        "SELECT * FROM figure_mean_field WHERE study = $study AND draws IS NOT NULL AND layer > 0 ORDER BY system"
    )
    if rows.is_empty():
        return not_run("no random networks were simulated")
    within = pl.col("deviation").abs() <= evidence.rules["mean_field_deviation"]
    of_systems = rows.group_by("system", maintain_order=True).agg(share=within.mean())
    shares = of_systems["share"].drop_nulls()
    if len(shares) < len(of_systems):
        return Finding(None, None, None, "none", None, "inconclusive", "a standard error needs two networks at least")
    interval = Interval(float(rows.select(within.mean()).item()), least(shares), most(shares))
    by_system = ", ".join(f"{system} {percent(share)}" for system, share in of_systems.iter_rows())
    detail = (
        f"{by_system}; {least(rows['draws']):.0f} networks of width {most(rows['width']):,.0f} and "
        f"{most(rows['layer']):,.0f} layers, matrices {rows['matrices'][0]}"
    )
    test = "standard errors over networks; least and largest share of a system"
    return found(interval, above(interval, evidence.rules["mean_field_share"]), test, detail)


def exponent(evidence: Evidence) -> Finding:
    """Slope of log cosine on log layer in the residual recursion, deep down."""
    rows = evidence.rows(
        "SELECT layer, theory, simulated FROM figure_mean_field "
        "WHERE study = $study AND system = 'residual' AND quantity = 'cosine' AND layer > 0 ORDER BY layer"
    )
    first, last = evidence.rules["mean_field_layers"]
    if rows.is_empty() or most(rows["layer"]) < last:
        return not_run(f"no recursion of the residual system down to layer {last:,}")
    slope = _slope(rows, "theory", first, last)
    verdict: Verdict = "reproduced" if abs(slope - EXPONENT) < evidence.rules["mean_field_margin"] else "not reproduced"
    detail = f"layers {first:,} to {last:,} of the recursion{_simulated_slope(rows)}; the limit is {EXPONENT:.3f}"
    return Finding(slope, None, None, "least squares of log cosine on log layer", None, verdict, detail)


def _slope(rows: pl.DataFrame, column: str, first: int, last: int) -> float:
    chosen = rows.filter(pl.col("layer").is_between(first, last))
    return line_fit(np.log(chosen["layer"].to_numpy()), np.log(chosen[column].to_numpy())).slope


def _simulated_slope(rows: pl.DataFrame) -> str:
    """Slopes over the last three quarters of the simulated layers, where there are some to fit."""
    simulated = rows.drop_nulls("simulated")
    if simulated.height < 8 or least(simulated["simulated"]) <= 0:
        return ""
    last = int(most(simulated["layer"]))
    theory, mean = (_slope(simulated, column, last // 4, last) for column in ("theory", "simulated"))
    return f"; from {last // 4:,} to {last:,} it gives {theory:.3f} and the simulation {mean:.3f}"
