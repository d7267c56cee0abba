"""Tables that follow from path spectra: norms by length over all batches, and the effective lengths."""

from collections.abc import Iterator
from typing import Any

import duckdb
import numpy as np
import polars as pl

from resdag.queries import path_statistics as paths
from resdag.queries import spectrum_statistics as spectra
from resdag.queries.rows import as_frame, generator_of, plain
from resdag.records.tables.spectrum_norms import SpectrumNorm
from resdag.records.tables.spectrum_windows import SpectrumWindow

_OF = ("study", "network", "seed", "epoch", "measured_at")
_MEASURED = ("norm_of_sum", "share", "energy", "energy_se", "energy_df", "largest_image_share")
_WITH_INTERVALS = ("summed_mean_length", "energy_mean_length", "rms_r")


def derive_spectrum(con: duckdb.DuckDBPyConnection, study: str, confidence: float) -> dict[str, pl.DataFrame]:
    """Rows of spectrum_norms and spectrum_windows, from the study's path_spectrum."""
    norms: list[dict[str, Any]] = []
    windows: list[dict[str, Any]] = []
    for key, batches in _measured(con, study):
        here = spectra.estimate(batches, np.ones((1, len(batches.energy))))
        resampled = None
        if len(batches.energy) >= paths.FEWEST_BATCHES:
            resampled = spectra.estimate(batches, paths.resamplings(len(batches.energy), generator_of(key)))
        norms += _norm_rows(key, batches, here, resampled, confidence)
        windows.append(_window_row(key, batches, here, resampled, confidence))
    return {
        "spectrum_norms": as_frame(SpectrumNorm, norms),
        "spectrum_windows": as_frame(SpectrumWindow, windows),
    }


def _measured(con: duckdb.DuckDBPyConnection, study: str) -> Iterator[tuple[dict[str, Any], spectra.Batches]]:
    """Each network, epoch and place, with its batches; none of those of a network that has diverged."""
    rows = con.sql(
        f"SELECT {', '.join(_OF)}, batch, path_length, {', '.join(_MEASURED)} FROM path_spectrum "
        "WHERE study = $study "
        f"QUALIFY bool_and(norm_of_sum IS NOT NULL AND energy IS NOT NULL) OVER (PARTITION BY {', '.join(_OF)}, batch) "
        "ORDER BY ALL",
        params={"study": study},
    ).pl()
    for values, part in rows.group_by(_OF, maintain_order=True):
        shape = (part["batch"].n_unique(), part["path_length"].n_unique())
        yield (
            dict(zip(_OF, values, strict=True)),
            spectra.Batches(*(part[name].cast(pl.Float64).to_numpy().reshape(shape) for name in _MEASURED)),
        )


def _norm_rows(
    key: dict[str, Any],
    batches: spectra.Batches,
    here: spectra.Estimates,
    resampled: spectra.Estimates | None,
    confidence: float,
) -> list[dict[str, Any]]:
    names = {
        "norm_of_sum": "norm_of_sum", "rms_norm": "rms_norm", "coherence": "coherence",
        "contribution": "summed_contribution", "share": "share",
    }  # fmt: skip
    columns: dict[str, Any] = {
        "energy_relative_se": spectra.relative_error(batches), "energy_df": spectra.degrees_of_freedom(batches),
        "energy_known": spectra.known(batches), "largest_image_share": spectra.largest_image(batches),
    }  # fmt: skip
    for field, column in names.items():
        columns[column] = getattr(here, field)[0]
        columns[f"{column}_low"], columns[f"{column}_high"] = _ends(resampled, field, confidence, batches.blocks + 1)
    rows = (dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True))
    of = key | {"batches": len(batches.energy)}
    return [of | {"path_length": k} | {name: plain(value) for name, value in row.items()} for k, row in enumerate(rows)]


def _ends(resampled: spectra.Estimates | None, field: str, confidence: float, size: int) -> tuple[Any, Any]:
    if resampled is None:
        return (np.full(size, np.nan),) * 2
    return paths.ends(getattr(resampled, field), confidence)


def _window_row(
    key: dict[str, Any],
    batches: spectra.Batches,
    here: spectra.Estimates,
    resampled: spectra.Estimates | None,
    confidence: float,
) -> dict[str, Any]:
    low, high = paths.window(here.mean_length[0], here.sd_length[0])
    row = {
        "blocks": batches.blocks, "batches": len(batches.energy), "summed_mean_length": here.mean_length[0],
        "summed_sd_length": here.sd_length[0], "summed_low": low, "summed_high": high,
    }  # fmt: skip
    low, high = paths.window(here.energy_mean_length[0], here.energy_sd_length[0])
    row |= {
        "energy_mean_length": here.energy_mean_length[0], "energy_low": low, "energy_high": high,
        "rms_r": 10 ** here.slope[0],
    }  # fmt: skip
    row |= dict.fromkeys(("summed_low_low", "summed_low_high", "summed_high_low", "summed_high_high"))
    row |= {f"{name}{end}": None for name in _WITH_INTERVALS for end in ("_low", "_high")}
    if resampled is not None:
        numbers = (resampled.mean_length, resampled.energy_mean_length, 10**resampled.slope)
        for name, values in zip(_WITH_INTERVALS, numbers, strict=True):
            row[f"{name}_low"], row[f"{name}_high"] = paths.ends(values, confidence)
        lows, highs = resampled.mean_length - 2 * resampled.sd_length, resampled.mean_length + 2 * resampled.sd_length
        row["summed_low_low"], row["summed_low_high"] = paths.ends(lows, confidence)
        row["summed_high_low"], row["summed_high_high"] = paths.ends(highs, confidence)
    return key | {name: plain(value) for name, value in row.items()}
