"""Tables that follow from measured ones: tests of deletions, norms by path length, the effective paths.

The method stands in `statistics` and `path_statistics`; here rows go in and
rows come out.  Intervals that resample draw from a generator seeded by a hash
of the study, the network, and where and when it was measured, so the same rows
give the same intervals.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import duckdb
import numpy as np
import polars as pl

from resdag.queries import path_statistics as paths
from resdag.queries.interactions import interactions
from resdag.queries.rows import as_frame, generator_of, plain
from resdag.queries.statistics import holm, line_fit, mcnemar
from resdag.records.tables.interactions import Interaction
from resdag.records.tables.lesion_tests import LesionTest
from resdag.records.tables.path_fits import PathFit
from resdag.records.tables.path_norms import PathNorm

_PATHS_OF = ("study", "network", "seed", "epoch", "measured_at")
_FINITE = "(norm IS NOT NULL OR log10_norm IS NOT NULL)"  # not of a network that has diverged


def derive_lesion_tests(con: duckdb.DuckDBPyConnection, study: str) -> dict[str, pl.DataFrame]:
    """Rows of lesion_tests, from the study's lesions."""
    return {"lesion_tests": as_frame(LesionTest, _lesion_tests(con, study))}


def derive_interactions(con: duckdb.DuckDBPyConnection, study: str, confidence: float) -> dict[str, pl.DataFrame]:
    """Rows of interactions, from the study's pair_answers."""
    return {"interactions": as_frame(Interaction, interactions(con, study, confidence))}


def derive_path_norms(
    con: duckdb.DuckDBPyConnection, study: str, blocks: Mapping[str, int], confidence: float
) -> dict[str, pl.DataFrame]:
    """Rows of path_norms and path_fits, from the study's path_gradients and the number of blocks of each network."""
    norms: list[dict[str, Any]] = []
    fits: list[dict[str, Any]] = []
    for key, samples in _sampled_paths(con, study):
        more, fit = path_rows(key, blocks[key["network"]], samples, confidence)
        norms += more
        fits += fit
    return {"path_norms": as_frame(PathNorm, norms), "path_fits": as_frame(PathFit, fits)}


def _lesion_tests(con: duckdb.DuckDBPyConnection, study: str) -> Iterator[dict[str, Any]]:
    single = con.sql(
        "SELECT study, network, seed, lesion, broken, repaired FROM lesions "
        "WHERE study = $study AND experiment = 'single' AND NOT recalibrated ORDER BY network, seed, lesion",
        params={"study": study},
    ).pl()
    for _, rows in single.group_by("network", "seed", maintain_order=True):
        p_values = [mcnemar(*counts) for counts in rows.select("broken", "repaired").iter_rows()]
        names = rows.drop("broken", "repaired").iter_rows(named=True)
        for row, p, p_holm in zip(names, p_values, holm(p_values), strict=True):
            yield row | {"p": p, "p_holm": p_holm}


def _sampled_paths(con: duckdb.DuckDBPyConnection, study: str) -> Iterator[tuple[dict[str, Any], pl.DataFrame]]:
    """Each network, epoch and place, with length, batch and log10 norm of its sampled paths."""
    groups = con.execute(
        f"SELECT DISTINCT {', '.join(_PATHS_OF)} FROM path_gradients WHERE study = $study AND {_FINITE} ORDER BY ALL",
        {"study": study},
    ).fetchall()
    for values in groups:
        key = dict(zip(_PATHS_OF, values, strict=True))
        where = " AND ".join([*(f"{name} = ${name}" for name in _PATHS_OF), _FINITE])
        query = f"SELECT path_length, batch, log10_norm FROM path_gradients WHERE {where} ORDER BY path_length, sample"
        yield key, con.sql(query, params=key).pl()


def path_rows(
    key: dict[str, Any], blocks: int, sampled: pl.DataFrame, confidence: float
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of path_norms, and the one of path_fits (none with fewer than two living lengths), of one network."""
    samples = paths.gather(*(sampled[name].to_numpy() for name in ("path_length", "batch", "log10_norm")))
    batches = samples.taken.shape[1]
    here = paths.estimate(samples, np.ones((1, batches)), blocks)
    resampled = None
    if batches >= paths.FEWEST_BATCHES:
        resampled = paths.estimate(samples, paths.resamplings(batches, generator_of(key)), blocks)
    norms = _norm_rows(key, samples, sampled, here, resampled, confidence)
    return norms, _fit_rows(key, blocks, samples, here, resampled, confidence)


def _norm_rows(
    key: dict[str, Any],
    samples: paths.Samples,
    sampled: pl.DataFrame,
    here: paths.Estimates,
    resampled: paths.Estimates | None,
    confidence: float,
) -> list[dict[str, Any]]:
    spread = sampled.group_by("path_length").agg(pl.col("log10_norm").std().alias("sd")).sort("path_length")["sd"]
    columns: dict[str, Any] = {
        "path_length": samples.lengths,
        "samples": samples.taken.sum(axis=1).astype(int),
        "dead": (samples.taken - samples.alive).sum(axis=1).astype(int),
        "mean_norm": 10 ** here.log10_mean_norm[0],
        "mean_log10_norm": here.mean_log10_norm[0],
        "sd_log10_norm": spread.to_numpy(),
        "contribution": here.contribution[0],
    }
    if resampled is not None:
        low, high = paths.ends(10**resampled.log10_mean_norm, confidence)
        columns |= {"mean_norm_low": low, "mean_norm_high": high}
        low, high = paths.ends(resampled.contribution, confidence)
        columns |= {"contribution_low": low, "contribution_high": high}
    none = dict.fromkeys(("mean_norm_low", "mean_norm_high", "contribution_low", "contribution_high"))
    rows = (dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True))
    return [key | none | {name: plain(value) for name, value in row.items()} for row in rows]


def _fit_rows(
    key: dict[str, Any],
    blocks: int,
    samples: paths.Samples,
    here: paths.Estimates,
    resampled: paths.Estimates | None,
    confidence: float,
) -> list[dict[str, Any]]:
    y = here.mean_log10_norm[0]
    living = np.isfinite(y)
    if living.sum() < 2:
        return []
    line = line_fit(samples.lengths[living], y[living])
    mean, sd, r = float(here.mean_length[0]), float(here.sd_length[0]), 10**line.slope
    low, high = paths.window(mean, sd)
    row: dict[str, Any] = {
        "blocks": blocks, "r": r, "intercept_log10": line.intercept, "r_squared": line.r_squared,
        "lengths_fitted": int(living.sum()), "dead": int((samples.taken - samples.alive).sum()),
        "mean_length": mean, "sd_length": sd, "window_low": low, "window_high": high,
        "window_share": paths.window_share(low, high, blocks), "binomial_p": r / (1 + r),
    }  # fmt: skip
    row["slopes_ratio"] = plain(here.slopes_ratio[0])
    return [key | row | _fit_ends(resampled, blocks, confidence)]


def _fit_ends(resampled: paths.Estimates | None, blocks: int, confidence: float) -> dict[str, Any]:
    """Ends of the intervals of a fit, each of a number that was computed anew from every drawing of the batches."""
    names = ("r", "slopes_ratio", "mean_length", "window_low", "window_high", "window_share")
    if resampled is None:
        return dict.fromkeys(f"{name}_{end}" for name in names for end in ("low", "high"))
    low, high = paths.window(resampled.mean_length, resampled.sd_length)
    share = np.array([paths.window_share(*ends, blocks) for ends in zip(low, high, strict=True)])
    numbers = (10**resampled.slope, resampled.slopes_ratio, resampled.mean_length, low, high, share)
    found = {name: paths.ends(values, confidence) for name, values in zip(names, numbers, strict=True)}
    return {
        f"{name}_{end}": plain(value)
        for name, ends in found.items()
        for end, value in zip(("low", "high"), ends, strict=True)
    }
