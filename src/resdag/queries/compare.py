"""What do networks that are held against each other differ in, and how large are their errors?

One row for each network of each comparison, its seeds together: the mean error with Student's interval over seeds,
or, of one seed, Wilson's over images, which knows nothing of how much seeds differ.  Ends of intervals are kept in
[0, 1], where errors are.

A network of n residual blocks has 2^n paths of mean length n/2 (Veit et al. 2016, section 3); computed m blocks at a
time, it is trained on paths of mean length m/2 (section 5).  A plain network is one path through all of its blocks.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import duckdb
import polars as pl

from resdag.combinatorics import mean_path_length_kept
from resdag.queries.rows import as_frame
from resdag.queries.statistics import Interval, t_interval, wilson
from resdag.records.tables.comparisons import Comparison

WITHOUT_PATHS = ("plain",)
_SAME = ("architecture", "depth", "blocks", "convolutions", "parameters", "blocks_per_batch")
_COUNTS = ("test_errors", "test_images", "train_errors", "train_images")


def compare(
    con: duckdb.DuckDBPyConnection, study: str, comparisons: Mapping[str, Sequence[str]], confidence: float
) -> pl.DataFrame:
    """Rows of `comparisons`: by name of the comparison, the networks that it holds against each other.

    Those are left out that have no rows, since their training or measurement failed.
    """
    query = "SELECT DISTINCT network FROM networks WHERE study = $study"
    there = {network for (network,) in con.sql(query, params={"study": study}).fetchall()}
    return as_frame(
        Comparison,
        (
            {"study": study, "comparison": comparison, "network": network} | _network(con, study, network, confidence)
            for comparison, networks in comparisons.items()
            for network in networks
            if network in there
        ),
    )


def _network(con: duckdb.DuckDBPyConnection, study: str, network: str, confidence: float) -> dict[str, Any]:
    columns = ", ".join((*_SAME, *_COUNTS, "stochastic_depth"))
    seeds = con.sql(
        f"SELECT {columns} FROM networks WHERE study = $study AND network = $network ORDER BY seed",
        params={"study": study, "network": network},
    ).pl()
    first = seeds.row(0, named=True)
    errors = dict(pair for split in ("test", "train") for pair in _error(seeds, split, confidence))
    paths = 0 if first["architecture"] in WITHOUT_PATHS else first["blocks"]
    lengths = {"log2_paths": paths, "mean_path_length": _mean_length(first), "seeds": len(seeds)}
    return {name: first[name] for name in _SAME} | lengths | errors


def _mean_length(of: Mapping[str, Any]) -> float:
    """Mean length in blocks of the paths that the training of a network runs through."""
    if of["architecture"] in WITHOUT_PATHS:
        return float(of["blocks"])
    if of["stochastic_depth"] is not None:
        return mean_path_length_kept(of["blocks"], of["stochastic_depth"])
    return (of["blocks_per_batch"] or of["blocks"]) / 2


def _error(seeds: pl.DataFrame, split: str, confidence: float) -> Iterator[tuple[str, float]]:
    interval = error_of(seeds, split, confidence)
    low, high = (interval.value if end is None else end for end in interval[1:])
    yield f"{split}_error", interval.value
    yield f"{split}_error_low", max(low, 0.0)
    yield f"{split}_error_high", min(high, 1.0)


def error_of(seeds: pl.DataFrame, split: str, confidence: float) -> Interval:
    """The mean error of a network over its seeds, `split` test or train: t over seeds, Wilson's for one."""
    errors, images = seeds[f"{split}_errors"], seeds[f"{split}_images"]
    if len(seeds) == 1:
        return wilson(errors[0], images[0], confidence)
    return t_interval(errors / images, confidence)
