"""What deletions and reorderings say of section 4 of the paper: figures 3, 4, 5 and 8.

Several seeds of one network: a block's change is its mean over them; draws and
orders are pooled, since each is a measurement of its own.
"""

from math import inf

import numpy as np
import polars as pl

from resdag.queries.statistics import Interval, falls, median_interval, spearman, t_interval, t_test, wilson
from resdag.queries.verdicts import (
    Evidence,
    Finding,
    Verdict,
    above,
    below,
    found,
    inside,
    least,
    mean,
    most,
    not_run,
    of_seeds,
    percent,
)

_ORDER_STATISTICS = "median over blocks, interval from order statistics"


def single_deletion(evidence: Evidence) -> Finding:
    """Median absolute change of error over the blocks that keep their shape."""
    if evidence.dataset == "image_folder":
        return not_run("a study of an image folder is judged by figure 4")
    return _median_change(evidence)


def single_deletion_imagenet(evidence: Evidence) -> Finding:
    """As single_deletion, for studies of an image folder."""
    if evidence.dataset != "image_folder":
        return not_run(f"the dataset is {evidence.dataset}, not an image folder")
    return _median_change(evidence)


def _median_change(evidence: Evidence) -> Finding:
    network = evidence.rules["residual"]
    rows = evidence.rows(
        "SELECT block, avg(abs(change)) AS change, count(*) AS seeds, count_if(p_holm < $alpha) AS changed "
        "FROM single_deletions WHERE study = $study AND network = $network AND NOT changes_shape "
        "GROUP BY block ORDER BY block",
        network=network,
        alpha=1 - evidence.confidence,
    )
    if rows.is_empty():
        return not_run(f"no single deletions of {network}")
    interval = median_interval(rows["change"], evidence.confidence)
    verdict = below(interval, evidence.rules["single_median_change"])
    changed, deletions = (int(rows[name].to_numpy().sum()) for name in ("changed", "seeds"))
    detail = (
        f"{network}, {len(rows)} blocks, {of_seeds(int(most(rows['seeds'])))}; "
        f"{changed} of {deletions} deletions change the answers (McNemar, Holm)"
    )
    return found(interval, verdict, _ORDER_STATISTICS, detail)


def single_deletion_peaks(evidence: Evidence) -> Finding:
    """The lower rank, by damage, of the blocks that change shape; 1 is the worst block."""
    network, worst = evidence.rules["residual"], evidence.rules["single_worst"]
    rows = evidence.rows(
        "SELECT block, any_value(changes_shape) AS changes_shape, avg(change) AS change FROM single_deletions "
        "WHERE study = $study AND network = $network GROUP BY block ORDER BY block",
        network=network,
    )
    peaks = rows.filter("changes_shape")
    if peaks.is_empty():
        return not_run(f"no single deletions of blocks of {network} that change shape")
    weakest = peaks["change"].min()
    together = int((peaks["change"] == weakest).sum())
    rank = int((rows["change"] > weakest).sum()) + together
    ties = int((rows["change"] == weakest).sum()) - together
    ranks = ", ".join(f"block {block}: {100 * change:+.2f} points" for block, _, change in peaks.iter_rows())
    interval = Interval(rank, rank, rank + ties)
    verdict: Verdict = inside(interval, 1, worst) if worst < len(rows) else "inconclusive"
    test = "rank of the mean change over seeds, ties counted both ways"
    return found(interval, verdict, test, f"{network}, {len(rows)} blocks; {ranks}")


def _layers(evidence: Evidence) -> pl.DataFrame:
    return evidence.rows(
        "SELECT block, seed, errors, images, error FROM single_deletions WHERE study = $study AND network = $network "
        "ORDER BY error, block, seed",
        network=evidence.rules["vgg"],
    )


def _recalibrated(evidence: Evidence) -> str:
    rows = evidence.rows(
        "SELECT error FROM lesions WHERE study = $study AND network = $network "
        "AND experiment = 'single' AND recalibrated",
        network=evidence.rules["vgg"],
    )
    if rows.is_empty():
        return ""
    low, middle, high = (percent(float(rows["error"].quantile(q, "linear") or 0)) for q in (0, 0.5, 1))
    return f"; with batch norm re-estimated {low} to {high}, median {middle}"


def vgg_chance(evidence: Evidence) -> Finding:
    """Median error over the layers of a VGG, one deleted at a time."""
    rows, network = _layers(evidence), evidence.rules["vgg"]
    if rows.is_empty():
        return not_run(f"no single deletions of {network}")
    layers = rows.group_by("block").agg(pl.col("error").mean()).sort("block")
    interval = median_interval(layers["error"], evidence.confidence)
    verdict = above(interval, evidence.rules["vgg_error"])
    detail = f"{network}, {len(layers)} layers, {of_seeds(rows['seed'].n_unique())}{_recalibrated(evidence)}"
    return found(interval, verdict, _ORDER_STATISTICS.replace("blocks", "layers"), detail)


def vgg_every_layer(evidence: Evidence) -> Finding:
    """The least error that the deletion of one layer of a VGG leaves."""
    rows, network = _layers(evidence), evidence.rules["vgg"]
    if rows.is_empty():
        return not_run(f"no single deletions of {network}")
    mildest = rows.row(0, named=True)
    interval = wilson(mildest["errors"], mildest["images"], evidence.confidence)
    held = int((rows["error"] > evidence.rules["vgg_error"]).sum())
    detail = (
        f"{network}: least at layer {mildest['block']}, seed {mildest['seed']}; "
        f"{held} of {len(rows)} deletions are above{_recalibrated(evidence)}"
    )
    verdict = above(interval, evidence.rules["vgg_error"])
    return found(interval, verdict, "Wilson interval of the mildest deletion", detail)


def _random(evidence: Evidence) -> pl.DataFrame:
    return evidence.rows(
        'SELECT "count", seed, error FROM lesions WHERE study = $study AND network = $network '
        "AND experiment = 'random' AND NOT recalibrated ORDER BY \"count\", seed, draw",
        network=evidence.rules["residual"],
    )


def random_deletion(evidence: Evidence) -> Finding:
    """Rank correlation of the number of deleted blocks and the error."""
    rows, network = _random(evidence), evidence.rules["residual"]
    if rows.is_empty():
        return not_run(f"no random deletions of {network}")
    detail = f"{network}, {len(rows)} draws, {least(rows['count']):.0f} to {most(rows['count']):.0f} blocks"
    return _correlated(rows["count"], rows["error"], evidence, (evidence.rules["random_correlation"], 1), detail)


def random_deletion_medians(evidence: Evidence) -> Finding:
    """How often the median error falls from one number of deleted blocks to the next."""
    rows, network = _random(evidence), evidence.rules["residual"]
    groups = [group["error"].to_numpy() for _, group in rows.group_by("count", maintain_order=True)]
    if len(groups) < 2:
        return not_run(f"no random deletions of {network} with two numbers of blocks or more")
    p_values = falls(groups)
    smallest = min(p_values, default=1.0)
    real = smallest < 1 - evidence.confidence
    verdict: Verdict = "reproduced" if not p_values else "not reproduced" if real else "inconclusive"
    detail = f"{network}, medians " + ", ".join(percent(float(np.median(group))) for group in groups)
    test = "one-sided Mann-Whitney of neighbouring numbers, Holm"
    return found(Interval(len(p_values), None, None), verdict, test, detail, smallest)


def random_deletion_error(evidence: Evidence) -> Finding:
    """Median error at the number of blocks that the paper's 0.2 belongs to."""
    return _median_error(evidence, evidence.rules["random_count"], *evidence.rules["random_error"])


def random_deletion_severe(evidence: Evidence) -> Finding:
    """Median error at the number of blocks that the paper calls severe."""
    return _median_error(evidence, evidence.rules["severe_count"], evidence.rules["severe_error"], inf)


def _median_error(evidence: Evidence, count: int, low: float, high: float) -> Finding:
    network = evidence.rules["residual"]
    errors = _random(evidence).filter(pl.col("count") == count)["error"]
    if errors.is_empty():
        return not_run(f"no random deletions of {count} blocks of {network}")
    interval = median_interval(errors, evidence.confidence)
    detail = f"{network}, {len(errors)} draws of {count} blocks"
    return found(interval, inside(interval, low, high), "median over draws, interval from order statistics", detail)


def reordering(evidence: Evidence) -> Finding:
    """Rank correlation of Kendall's tau and the error."""
    network, lowest = evidence.rules["residual"], evidence.rules["reorder_tau"]
    rows = evidence.rows(
        "SELECT kendall_tau, error FROM reorderings WHERE study = $study AND network = $network "
        "AND kendall_tau >= $least ORDER BY seed, reordering",
        network=network,
        least=lowest,
    )
    if rows.is_empty():
        return not_run(f"no reorderings of {network} with tau from 1 to {lowest:g}")
    detail = f"{network}, {len(rows)} orders, tau down to {least(rows['kendall_tau']):.3f}"
    return _correlated(
        rows["kendall_tau"], rows["error"], evidence, (-1, evidence.rules["reorder_correlation"]), detail
    )


def _correlated(x: pl.Series, y: pl.Series, evidence: Evidence, allowed: tuple[float, float], detail: str) -> Finding:
    correlation = spearman(x, y, evidence.confidence)
    if np.isnan(correlation.value):
        unknown = f"{detail}; too few, or the errors do not vary"
        return Finding(None, None, None, "Spearman", None, "inconclusive", unknown)
    interval = Interval(correlation.value, correlation.low, correlation.high)
    verdict = inside(interval, *allowed)
    return found(interval, verdict, "Spearman, interval of Bonett and Wright", detail, correlation.p)


def reordering_identity(evidence: Evidence) -> Finding:
    """Most answers by which the trained order, run as a reordering, differs from the intact network."""
    network = evidence.rules["residual"]
    rows = evidence.rows(
        "SELECT greatest(orders.broken + orders.repaired, abs(orders.errors - intact.errors)) AS differing "
        "FROM reorderings AS orders JOIN lesions AS intact USING (study, network, seed) "
        "WHERE study = $study AND network = $network AND kendall_tau = 1 "
        "AND intact.experiment = 'intact' AND NOT intact.recalibrated",
        network=network,
    )
    if rows.is_empty():
        return not_run(f"no order of {network} with tau 1")
    differing = int(most(rows["differing"]))
    verdict: Verdict = "reproduced" if differing == 0 else "not reproduced"
    return found(
        Interval(differing, None, None), verdict, "count of answers", f"{network}, {len(rows)} orders with tau 1"
    )


def stochastic_depth(evidence: Evidence) -> Finding:
    """Mean over blocks of the damage with stochastic depth less the damage without."""
    dropping, always = evidence.rules["stochastic_depth"], evidence.rules["residual"]
    pairs = evidence.rows(
        "SELECT block, changes_shape, avg(change) FILTER (network = $dropping) "
        "- avg(change) FILTER (network = $always) AS difference "
        "FROM figure_8 WHERE study = $study GROUP BY block, changes_shape HAVING difference IS NOT NULL ORDER BY block",
        dropping=dropping,
        always=always,
    )
    if pairs.is_empty():
        return not_run(f"no single deletions of both {dropping} and {always}, of one depth")
    interval = t_interval(pairs["difference"], evidence.confidence)
    peaks = pairs.filter("changes_shape")["difference"]
    where = "" if peaks.is_empty() else f"; {100 * mean(peaks):+.2f} points at blocks that change shape"
    detail = f"{dropping} less {always}, {len(pairs)} blocks{where}"
    return found(interval, below(interval, 0.0), "paired t interval over blocks", detail, t_test(pairs["difference"]))
