"""What does the first screen say?  What was asked, what came out, and the paper's three numbers, from the rows.

The numbers are of the network that the paper's statements are judged on, `claims.residual` of the study file.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import polars as pl

from resdag.figures.words import counted, listed, number, percent, points
from resdag.queries.spelling import seeds_named
from resdag.records.tables.missing import NOT_RUN
from resdag.report.choices import DATASETS
from resdag.store.read import frame

KEY = (("figure_3", "figure_4"), ("figure_5a",), ("figure_6c",))
"""Figures of the first screen; the first of each that the study draws."""
NAMED = 5
"""Jobs that are missing and named one by one, of those that failed and of those that did not run."""
SPOKEN_OF = 10
"""Number of deleted blocks that the paper gives an error for."""


def key_figures(figures: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those of the first screen that have a small picture, or that the page shows by itself."""
    there = {figure["name"]: figure for figure in figures if figure["glance"] or figure["inline"]}
    found = [[there[name] for name in names if name in there] for names in KEY]
    return [some[0] for some in found if some]


def sentences(
    con: duckdb.DuckDBPyConnection, study: Mapping[str, Any], networks: pl.DataFrame, claims: Mapping[str, Any]
) -> list[str]:
    """What was asked of what, how it came out, and what one block, ten blocks and the paths of the network say."""
    measured = _numbers(con, study["study"], _residual(study, networks))
    limits = missing(con, study["study"]), diverged(networks)
    said = (_asked(study, networks, claims), *limits, _came_out(claims), measured)
    return [text for text in said if text]


def missing(con: duckdb.DuckDBPyConnection, study: str) -> str:
    """Which jobs failed, and why, as far as they said, and which did not run yet; empty where all ended well."""
    rows = frame(con, "SELECT job, said, waiting FROM missing WHERE study = ? ORDER BY job", [study]).to_dicts()
    if not rows:
        return ""
    failed, not_run = [row for row in rows if row["said"] != NOT_RUN], [row for row in rows if row["said"] == NOT_RUN]
    of_failed = [f"{row['job']} (“{row['said']}”)" if row["said"] else row["job"] for row in failed]
    said = [f"Failed, so that its rows are missing: {_named(of_failed, failed)}."] if failed else []
    said += [f"Not run yet: {_named([row['job'] for row in not_run], not_run)}."] if not_run else []
    return (
        f"This report is of a part of the study. {' '.join(said)} Verdicts and figures are of what there is; "
        "running the study again makes what is missing."
    )


def _named(jobs: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> str:
    """The first of some jobs, how many others there are, and how many jobs stand behind all of them."""
    others = [counted(len(jobs) - NAMED, "other job")] if len(jobs) > NAMED else []
    waiting = sum(row["waiting"] for row in rows)
    behind = f", and {counted(waiting, 'job')} behind {'it' if len(jobs) == 1 else 'them'}" if waiting else ""
    return f"{listed([*jobs[:NAMED], *others])}{behind}"


def diverged(networks: pl.DataFrame) -> str:
    """Which networks say nothing, since their training diverged; empty where there are none."""
    found = networks.filter("diverged") if "diverged" in networks.columns else networks.clear()
    seeds = found.group_by("network", maintain_order=True).agg("seed")
    names = [f"{name} ({seeds_named(which)})" for name, which in seeds.iter_rows()]
    return "" if not names else (
        f"Training diverged in {listed(names)}: weights or outputs are no finite numbers, so errors are of networks "
        "that say nothing, and what cannot be measured of them is missing in figures and NULL in tables."
    )  # fmt: skip


def _asked(study: Mapping[str, Any], networks: pl.DataFrame, claims: Mapping[str, Any]) -> str:
    dataset = (study["config"].get("dataset") or {}).get("kind", "images")
    trained = networks.filter(source="trained").height
    made = [f"{trained:,} trained here"] * (trained > 0)
    made += [f"{networks.height - trained:,} trained elsewhere"] * (trained < networks.height)
    images = number(networks.select(pl.max("test_images")).item()) + " test images"
    images += f" of {DATASETS[dataset]}" if dataset == "cifar10" else ""  # of others a note says more
    if not claims["asked"]:
        return f"{counted(networks.height, 'network').capitalize()}{f' ({listed(made)})' if made else ''}, on {images}."
    asked, networks_asked = counted(len(claims["asked"]), "statement"), counted(networks.height, "network")
    return (
        f"{asked} of the paper and around it {'was' if len(claims['asked']) == 1 else 'were'} put to "
        f"{networks_asked}{f' ({listed(made)})' if made else ''}, on {images}."
    )


def _came_out(claims: Mapping[str, Any]) -> str:
    words = {"reproduced": "reproduced", "not reproduced": "not reproduced", "inconclusive": "inconclusive"}
    said = [f"{len(found)} {'is' if len(found) == 1 else 'are'} {words[verdict]}"
            for verdict, found in claims["strip"].items()]  # fmt: skip
    return f"By rules that stood in the study file beforehand, {listed(said)}." if said else ""


def _residual(study: Mapping[str, Any], networks: pl.DataFrame) -> str:
    return str((study["config"].get("claims") or {}).get("residual", "resnet110"))


def _numbers(con: duckdb.DuckDBPyConnection, study: str, network: str) -> str:
    said = [
        part for part in (_one(con, study, network), _ten(con, study, network), _paths(con, study, network)) if part
    ]
    return f"In {network}, {'; '.join(said)}." if said else ""


def _one(con: duckdb.DuckDBPyConnection, study: str, network: str) -> str:
    query = """
        SELECT median(change) AS middle, max(change) AS most, arg_max(block, change) AS block, count(*) AS deletions
        FROM single_deletions WHERE study = ? AND network = ?
    """
    row = frame(con, query, [study, network]).row(0, named=True)
    return "" if not row["deletions"] else (
        f"deleting one block changes the error by {points(row['middle'])} in the median and by {points(row['most'])} "
        f"at most (block {row['block']})"
    )  # fmt: skip


def _ten(con: duckdb.DuckDBPyConnection, study: str, network: str) -> str:
    query = """
        SELECT count, median(error) AS middle, count(*) AS draws FROM lesions
        WHERE study = ? AND network = ? AND experiment = 'random' AND NOT recalibrated
        GROUP BY count ORDER BY abs(count - ?), count LIMIT 1
    """
    found = frame(con, query, [study, network, SPOKEN_OF]).to_dicts()
    return "".join(
        f"{counted(row['count'], 'block')} deleted at random leave a median error of {percent(row['middle'], 1)}"
        for row in found
    )


def _paths(con: duckdb.DuckDBPyConnection, study: str, network: str) -> str:
    query = """
        SELECT min(window_low) AS low, max(window_high) AS high, max(window_share) AS share, count(*) AS fits
        FROM path_fits WHERE study = $study AND network = $network AND measured_at = 'input'
          AND epoch = (SELECT max(epoch) FROM path_fits WHERE study = $study AND network = $network)
    """
    row = frame(con, query, {"study": study, "network": network}).row(0, named=True)
    return "" if not row["fits"] else (
        f"counted by number times mean norm, the gradient comes from paths of {max(row['low'], 0):.1f} to "
        f"{row['high']:.1f} blocks ({percent(row['share'], 0 if row['share'] >= 0.1 else 2)} of all paths)"
    )  # fmt: skip
