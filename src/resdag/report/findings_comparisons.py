"""What did networks held against each other show?  A paragraph for each comparison, from the rows of its view."""

from typing import Any

import polars as pl

from resdag.report.words import interval, listed, percent


def depth(rows: pl.DataFrame) -> str:
    """Training and test error of each architecture, from its shallowest network to its deepest."""
    asked = (
        "Is it depth that makes residual networks good, or the paths that skips add? A plain network has one path, "
        "whatever its depth: if depth were enough, it would gain from it as well."
    )
    parts = rows.sort("architecture", "depth").partition_by("architecture", maintain_order=True)
    return f"{asked} {' '.join(map(_depth_of, parts))}{_seeds(rows)}"


def _depth_of(rows: pl.DataFrame) -> str:
    first, last = rows.row(0, named=True), rows.row(-1, named=True)
    said = [
        f"{word} error {percent(first[f'{split}_error'])} at {first['depth']} layers and "
        f"{_with_interval(last, split)} at {last['depth']}"
        for split, word in (("train", "training"), ("test", "test"))
    ]
    return f"{rows['architecture'][0]}: {'; '.join(said)}."


def _with_interval(row: dict[str, Any], split: str) -> str:
    low, high = row[f"{split}_error_low"], row[f"{split}_error_high"]
    return f"{percent(row[f'{split}_error'])} ({interval(low, high)})"


def _seeds(rows: pl.DataFrame) -> str:
    """What single seeds cannot decide."""
    single = rows.filter(seeds=1).height
    if not single:
        return ""
    all_of_them = "Each network is" if single == rows.height else f"{single} of {rows.height} networks are"
    return (
        f" {all_of_them} trained from one seed: intervals are over images alone, and differences between seeds, which "
        "these rows cannot show, come on top."
    )


def blocks_per_batch(rows: pl.DataFrame) -> str:
    """Test error at every m, from all blocks down."""
    asked = (
        "The paper trains on 23 of 54 blocks at a time, on paths that are short enough to carry gradient, and sees no "
        "loss. How few blocks are enough?"
    )
    ordered = rows.sort("computed", "network", descending=[True, False])
    whole = ordered.filter("whole").row(0, named=True)
    said = [
        f"with {row['computed']} of {row['blocks']} (mean path length {row['mean_path_length']:g} blocks) "
        f"{_with_interval(row, 'test')}"
        for row in ordered.filter(~pl.col("whole")).to_dicts()
    ]
    return (
        f"{asked} Test error with all {whole['blocks']} blocks in every batch: {_with_interval(whole, 'test')}; "
        f"{'; '.join(said)}. All were trained for as many epochs, in which a block that takes part in fewer batches "
        f"is updated by a gradient less often: what is lost may be training time as well as paths.{_seeds(rows)}"
    )


def multiplicity(rows: pl.DataFrame) -> str:
    """Error, damage by layers deleted, and effective lengths, from most paths to fewest."""
    asked = (
        "The paper ends by saying that it is the number of paths, not depth, that makes residual networks strong. Here "
        "depth, width and parameters are the same, and blocks hold more convolutions, so that there are fewer paths."
    )
    order = rows.sort("log2_paths", descending=True)["network"].unique(maintain_order=True)
    parts = {name: rows.filter(network=name) for name in order}
    said = [_network(part) for part in parts.values()]
    seeds = rows.filter(panel="error").rename({"size": "seeds"})
    return " ".join([asked, *said, *_at_equal_layers(parts), _LIMITS]) + _seeds(seeds)


_LIMITS = (
    "Fewer paths also mean longer ones, and more layers between two skips: the rows cannot tell the number of paths "
    "from that."
)


def _network(rows: pl.DataFrame) -> str:
    error = rows.filter(panel="error").row(0, named=True)
    parts = [f"error {percent(error['mean'])} ({interval(error['low'], error['high'])})"]
    alone = rows.filter(panel="consecutive", x=float(error["convolutions"]))
    if alone.height:
        row = alone.row(0, named=True)
        parts.append(
            f"one block deleted, {row['x']:.0f} layers, changes it by {_points(row['mean'])} on average "
            f"(median {_points(row['median'])}), {_points(row['mean'] / row['x'])} a layer"
        )
    window = rows.filter(panel="window")
    if window.height:
        row = window.row(0, named=True)
        parts.append(f"its gradient lies in paths of {row['low']:.0f} to {row['high']:.0f} layers")
    return f"{error['network']}, 2^{error['log2_paths']:.0f} paths: {'; '.join(parts)}."


def _points(change: float) -> str:
    return f"{100 * change:+.2f} points"


def _at_equal_layers(parts: dict[str, pl.DataFrame]) -> list[str]:
    """Deletions of as many layers in every network: the least number that all of them were measured at."""
    said = []
    for panel, words, column, form in (
        ("consecutive", "in a row changes the error on average by", "mean", _points),
        ("random", "at random leaves a median error of", "median", percent),
    ):
        found = {name: dict(part.filter(panel=panel).select("x", column).iter_rows()) for name, part in parts.items()}
        shared = set.intersection(*(set(each) for each in found.values())) - {0.0}
        if shared:
            layers = min(shared)
            values = [form(each[layers]) for each in found.values()]
            said.append(f"Deleting {layers:.0f} layers {words} {listed(values)}, in this order.")
    return said
