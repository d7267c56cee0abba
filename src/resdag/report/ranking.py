"""Which blocks does a network of one's own need?  What a report leads with where it is about none of the paper's.

The paper asks about a kind of network; who brings one network asks about its blocks.  A study is such a one where it
has a single network, whatever its seeds, or none but networks of others; and deletes their blocks one by one.
"""

from typing import Any

import duckdb
import polars as pl

from resdag.figures.words import LITTLE, counted, percent, points, spoken
from resdag.report.words import p_value
from resdag.store.read import frame

FIRST = 8
"""Blocks that the first screen names."""
OF_THE_PAPER = "Do residual networks behave like ensembles?"


def question(networks: pl.DataFrame, ranking: dict[str, Any] | None) -> str:
    """The page's title: the paper's question, or that of who brought a network."""
    names = networks["network"].unique().sort().to_list()
    if ranking is None:
        return OF_THE_PAPER
    return f"Which blocks does {names[0]} need?" if len(names) == 1 else "Which blocks do these networks need?"


def ranking(con: duckdb.DuckDBPyConnection, study: str, networks: pl.DataFrame) -> dict[str, Any] | None:
    """Blocks by damage, a sentence, and what columns there are; None for a study of the paper's networks."""
    if not _of_ones_own(networks):
        return None
    deletions = frame(con, "SELECT * FROM single_deletions WHERE study = ?", [study])
    if deletions.is_empty():
        return None
    blocks = frame(con, "SELECT * FROM blocks WHERE study = ?", [study])
    rows = ranked(deletions, blocks)
    several = rows["network"].n_unique() > 1
    found = [row | {"p": p_value(row["p_holm"])} for row in rows.to_dicts()]
    return {
        "sentence": _sentence(rows) if not several else _sentence_of_many(rows),
        "first": found[:FIRST], "rest": found[FIRST:], "several": several, "seeds": rows["seeds"].max(),
        "shapes": bool(rows["changes_shape"].any()),
        "layers": rows["layer"].null_count() < rows.height, "tested": rows["p_holm"].null_count() < rows.height,
    }  # fmt: skip


def _of_ones_own(networks: pl.DataFrame) -> bool:
    of_others = networks["architecture"].str.contains(":")  # torchvision:resnet50
    return networks["network"].n_unique() == 1 or bool(of_others.all() and networks.height)


def ranked(deletions: pl.DataFrame, blocks: pl.DataFrame) -> pl.DataFrame:
    """Blocks of each network from the most damaging: means over seeds, the least and most of them, the weakest test."""
    layers = pl.col("layer") if "layer" in blocks.columns else pl.lit(None, dtype=pl.String).alias("layer")
    named = blocks.select("network", "seed", "block", layers)
    rows = deletions.join(named, on=["network", "seed", "block"], how="left").sort("network", "seed", "block")
    found = rows.group_by("network", "block").agg(
        pl.first("layer", "changes_shape"), pl.mean("error", "change", "intact_error"), pl.max("p_holm"),
        pl.min("change").alias("least"), pl.max("change").alias("most"), pl.n_unique("seed").alias("seeds"),
    )  # fmt: skip
    found = found.sort("change", "network", "block", descending=[True, False, False])
    return found.with_row_index("rank", offset=1)


def _sentence(rows: pl.DataFrame) -> str:
    """The block that is missed most, and how many hardly are."""
    worst, small = rows.row(0, named=True), rows.filter(pl.col("change").abs() < LITTLE).height
    layer = f", {worst['layer']}," if worst["layer"] else ""
    return (
        f"Block {worst['block']}{layer} is missed most: without it the error is {percent(worst['error'])}, "
        f"{points(worst['change'])} from {percent(worst['intact_error'])} intact. Of "
        f"{counted(rows.height, 'block')} that can be deleted, {small:,} {'changes' if small == 1 else 'change'} it by "
        "less than one point."
    )


def _sentence_of_many(rows: pl.DataFrame) -> str:
    """The same, network by network."""
    parts = rows.partition_by("network", as_dict=True, maintain_order=True)
    worst = {name: part.row(0, named=True) for (name,), part in sorted(parts.items())}
    said = [f"of {name} block {row['block']} ({points(row['change'])})" for name, row in worst.items()]
    return f"Missed most is, {spoken(said)}."
