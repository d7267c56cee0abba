"""What do figures on single deletions say in words: what does one block cost?"""

import polars as pl

from resdag.figures.words import (
    LITTLE,
    Config,
    counted,
    few,
    in_percent,
    listed,
    middle,
    percent,
    points,
    section,
    spoken,
    worst,
)

WITHOUT_SKIPS = ("vgg", "plain")


def how_deleted(config: Config) -> str:
    """How the study measured single deletions; empty where it did not."""
    single = section(config, "lesions.single")
    return "" if single is None else (
        "Each block alone is replaced by its skip connection, without any retraining, and the whole test set is "
        f"measured, on {listed(single['networks'])}."
    )  # fmt: skip


def what_one_costs(rows: pl.DataFrame) -> str | None:
    """The change of error by a residual network's blocks, and the errors that a network without skips is left with."""
    parts = rows.sort("network").partition_by("network", maintain_order=True)
    residual = [part for part in parts if part["architecture"][0] not in WITHOUT_SKIPS]
    others = [part for part in parts if part["architecture"][0] in WITHOUT_SKIPS]
    said = [*map(_changes, residual), *map(_errors, others)]
    return f"Without any one of its blocks, {spoken(said)}." if said else None


def what_many_cost(rows: pl.DataFrame) -> str | None:
    """The median change by one block, of the network that bears it best and of the one that bears it worst."""
    medians = rows.group_by("network").agg(pl.median("change")).drop_nulls().sort("change", "network")
    if medians.is_empty():
        return None
    said = [f"{points(change)} in {network}" for network, change in (medians.row(0), medians.row(-1))]
    if medians.height == 1:
        return f"The median change of error by one block is {said[0]}."
    return f"The median change of error by one block runs from {said[0]} to {said[1]}, of {medians.height} networks."


def _changes(rows: pl.DataFrame) -> str:
    at = worst(rows, "change", "block", "seed")
    return (
        f"{at['network']} ({counted(rows['block'].n_unique(), 'block')}) changes its error by "
        f"{points(middle(rows, 'change'))} in the median and {points(at['change'])} at most (block {at['block']})"
    )


def _errors(rows: pl.DataFrame) -> str:
    low, high, intact = rows.select(pl.min("error"), pl.max("error").alias("high"), pl.mean("intact_error")).row(0)
    layers = counted(rows["block"].n_unique(), "layer")
    return f"{rows['network'][0]} ({layers}) goes from {percent(intact)} to between {percent(low)} and {percent(high)}"


def costs_of_one(rows: pl.DataFrame) -> pl.DataFrame:
    """One row a network, seeds together: its intact error, and what the deletion of one block changes."""
    change = pl.col("change")
    found = rows.sort("seed", "block").group_by("network").agg(
        pl.n_unique("block").alias("blocks"), pl.n_unique("seed").alias("seeds"),
        in_percent(pl.mean("intact_error")).alias("intact error (%)"),
        in_percent(change.median()).alias("median change (points)"),
        in_percent(change.max()).alias("largest change (points)"),
        pl.col("block").get(change.arg_max()).alias("at block"),
        in_percent((change.abs() < LITTLE).mean(), 1).alias("below one point (% of deletions)"),
    )  # fmt: skip
    return few(found.sort("network"))
