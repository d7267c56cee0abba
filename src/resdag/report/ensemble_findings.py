"""What did explicit ensembles and the prediction from equation 8 ask, and what came out?"""

import polars as pl

WEIGHTS = {
    "energy": "with paths weighed by their energy", "norm": "by their number and mean norm, as in figure 6c",
    "alike": "with all paths alike",
}  # fmt: skip


def ensembles(rows: pl.DataFrame) -> str:
    """The paragraph under figure_ensembles, from the rows of its view."""
    asked = (
        "The paper calls a residual network an ensemble of its paths. How much does an ensemble of networks trained "
        "apart lose when it is halved, and does a residual network lose as little when half of its paths go?"
    )
    parts = rows.sort("network", "kind", "halvings").partition_by("network", "kind", maintain_order=True)
    said = [_networks(part) if part["kind"][0] == "networks" else _paths(part) for part in parts]
    limits = (
        "An average loses nothing but a member; a deletion also changes what the blocks behind it are fed, so a "
        "difference can be either that paths are no members or that this harms those that are left."
    )
    return " ".join([asked, *said, limits])


def _networks(rows: pl.DataFrame) -> str:
    together, alone = rows.row(0, named=True), rows.row(-1, named=True)
    name, members = together["network"], round(2 ** together["log2_members"])
    if members == 1:
        return f"{name}: only single networks were measured, with {together['mean']:.2%} error."
    each = (alone["mean"] - together["mean"]) / alone["halvings"]
    fewest = round(2 ** alone["log2_members"])
    others = "single ones" if fewest == 1 else f"ensembles of {fewest}"
    apart = f", and two of them answer differently on {together['disagreement']:.1%} of the images"
    return (
        f"{name}: {members} networks averaged have {together['mean']:.2%} error where {others} have "
        f"{alone['mean']:.2%}, so each halving costs {100 * each:+.2f} points{apart}."
    )


def _paths(rows: pl.DataFrame) -> str:
    deleted = rows.filter(pl.col("halvings") > 0).with_columns(change=pl.col("mean") - pl.col("whole"))
    first, last = deleted.row(0, named=True), deleted.row(-1, named=True)
    costs = [f"{100 * row['change'] / row['halvings']:+.2f} points" for row in (first, last)]
    return (
        f"{first['network']}: each halving of the paths costs {costs[0]} at {first['halvings']:.0f} deleted "
        f"block{'s' if first['halvings'] > 1 else ''} and {costs[1]} on average at {last['halvings']:.0f}."
    )


def prediction(rows: pl.DataFrame) -> str:
    """The paragraph under figure_prediction, from the rows of its view."""
    asked = (
        "The paper explains the smooth growth of figure 5a by the paths that equation 8 leaves. Is the error as much "
        "nearer to chance as the weight of the paths left is smaller?"
    )
    parts = rows.filter(pl.col("count") > 0).sort("network").partition_by("network", maintain_order=True)
    limits = (
        "The weights are those of the intact network's gradients: what deletions do to the paths that they leave is "
        "not in the prediction."
    )
    return " ".join([asked, *(_predicted(part) for part in parts), limits])


def _predicted(rows: pl.DataFrame) -> str:
    """One network: how far each prediction is from the measured means, and where the best founded one errs most."""
    rows = rows.with_columns(off=pl.col("predicted") - pl.col("mean"))
    found = {kind: rows.filter(weights=kind) for kind in WEIGHTS}
    said = [
        f"{100 * float((part['off'].to_numpy() ** 2).mean() ** 0.5):.1f} points {WEIGHTS[kind]}"
        for kind, part in found.items()
        if part.height
    ]
    part = next(part for part in found.values() if part.height)
    at = part.row(int(part["off"].abs().arg_max() or 0), named=True)
    side = "less" if at["off"] > 0 else "more"
    return (
        f"{at['network']}, {int(part['count'].min())} to {int(part['count'].max())} blocks deleted: the prediction is "  # type: ignore[arg-type]
        f"off, root mean square, by {', '.join(said)}. The first of these is furthest off at {at['count']} blocks, "
        f"seed {at['seed']}: {at['share']:.1%} of the weight is left, so {at['predicted']:.1%} error is predicted; "
        f"{at['mean']:.1%} is measured, {side} than that."
    )
