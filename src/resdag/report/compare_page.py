"""What `resdag compare` says of two sides as a page: verdicts, errors, figure 3 of both, rows that moved.

It is one file in the style of the report: it loads nothing, prints, and its tables sort.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import vl_convert
from markupsafe import Markup

from resdag.atomic import write_text
from resdag.config.claim import declared
from resdag.figures.save import specification
from resdag.figures.single_deletion import draw_single_deletions
from resdag.figures.theme import DEFAULT
from resdag.queries.differences import Difference
from resdag.report.difference import ASKED, cell, summary, where_most
from resdag.report.judged import VERDICTS
from resdag.report.packed import slim
from resdag.report.template import asset, style, template
from resdag.report.words import plain, quantity

SCRIPTS = ("packed.js", "tables.js", "contents.js")
OVERLAID = 1
"""Networks whose deletions the chart of both sides shows: those of most blocks."""
Side = tuple[str, Mapping[str, pl.DataFrame]]


def write_comparison(found: Difference, a: Side, b: Side, out: Path) -> Path:
    """Write the page of what differs between two sides, and what was asked of each."""
    overlaid = overlay(a[1], b[1])
    page = template("compare.html.j2").render(
        found=found, summary=summary(found, "A", "B"), verdicts=VERDICTS, claims=_claims(found, a[1], b[1]),
        errors=errors(a[1], b[1]), sides=[_about(a), _about(b)], asked=found.asked[:ASKED],
        more=len(found.asked) - ASKED, moves=_moves(found), picture=_picture(overlaid), overlaid=_names(overlaid),
        apart=[(table, move, where_most(move)) for table in found.tables for move in table.provenance], cell=cell,
        css=style(), script=Markup("\n".join(map(asset, SCRIPTS))),
    )  # fmt: skip
    write_text(out, page)
    return out


def _claims(found: Difference, a: Mapping[str, pl.DataFrame], b: Mapping[str, pl.DataFrame]) -> list[dict[str, Any]]:
    """Claims whose verdict changed, in the order in which people read them, with both numbers and intervals."""
    changed = {each.claim: each for each in found.verdicts}
    both = [{row["claim"]: row for row in side["claims"].to_dicts()} if "claims" in side else {} for side in (a, b)]
    order = [each.name for each in declared()]
    names = sorted(changed, key=lambda name: (order.index(name) if name in order else len(order), name))
    return [
        {
            "claim": name, "statement": (both[0].get(name) or both[1][name])["statement"],
            "verdicts": (changed[name].before, changed[name].after),
            "values": [_value(side[name]) if name in side else "–" for side in both],
        }
        for name in names
    ]  # fmt: skip


def _value(row: Mapping[str, Any]) -> str:
    """A number with its interval."""
    if row["low"] is None or row["high"] is None:
        return quantity(row["ours"], row["unit"])
    return (
        f"{quantity(row['ours'], row['unit'])} ({plain(row['low'], row['unit'])} to {plain(row['high'], row['unit'])})"
    )


def errors(a: Mapping[str, pl.DataFrame], b: Mapping[str, pl.DataFrame]) -> list[dict[str, Any]]:
    """Test error of each network and seed on both sides, and the difference; None where one side lacks it."""
    key = ["network", "seed"]
    both = [side.get("networks", pl.DataFrame(schema=_ERRORS)).select(_cast(_ERRORS)) for side in (a, b)]
    joined = both[0].join(both[1], on=key, how="full", coalesce=True, suffix="_b")
    change = (pl.col("test_error_b") - pl.col("test_error")).alias("change")
    return joined.with_columns(change).sort(key).to_dicts()


_ERRORS = {"network": pl.String, "seed": pl.Int64, "test_error": pl.Float64}


def overlay(a: Mapping[str, pl.DataFrame], b: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Single deletions of both sides for one chart: of networks that both have, or else of each side's deepest."""
    sides = [_deletions(side) for side in (a, b)]
    of_both = set(sides[0]["network"]) & set(sides[1]["network"])
    chosen = [_deepest(side.filter(pl.col("network").is_in(of_both)) if of_both else side) for side in sides]
    named = [
        side.filter(pl.col("network").is_in(names)).with_columns(side=pl.format("{} in {}", "network", pl.lit(name)))
        for side, names, name in zip(sides, chosen, "AB", strict=True)
    ]
    return pl.concat(named)


def _deepest(rows: pl.DataFrame) -> list[str]:
    most = rows.group_by("network").agg(pl.max("block")).sort("block", "network", descending=[True, False])
    return most["network"].head(OVERLAID).to_list()


def _deletions(side: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Single deletions with what figure 3 draws; its bands aside, which would hide each other."""
    if not {"lesions", "blocks"} <= side.keys():
        return pl.DataFrame(schema=_DRAWN)
    key = ["network", "seed"]
    measured = side["lesions"].filter(~pl.col("recalibrated"))
    intact = measured.filter(experiment="intact").select(*key, intact_error="error")
    rows = measured.filter(experiment="single").with_columns(block=pl.col("deleted").list.first())
    rows = rows.join(intact, on=key).join(side["blocks"].select(*key, "block", "changes_shape"), on=[*key, "block"])
    rows = rows.with_columns(change=pl.col("error") - pl.col("intact_error"), low=pl.col("error"), high=pl.col("error"))
    return rows.select(_cast(_DRAWN))


_DRAWN: dict[str, Any] = {
    "network": pl.String, "seed": pl.Int64, "block": pl.Int64, "changes_shape": pl.Boolean,
} | dict.fromkeys(("error", "low", "high", "intact_error", "change"), pl.Float64)  # fmt: skip


def _cast(schema: Mapping[str, Any]) -> list[pl.Expr]:
    """The columns of a schema, as it has them: rows from files and from databases differ in their integers."""
    return [pl.col(name).cast(dtype) for name, dtype in schema.items()]


def _picture(rows: pl.DataFrame) -> Markup | None:
    """Figure 3 of both sides; None where neither deleted a block."""
    if rows.is_empty():
        return None
    chart = draw_single_deletions(rows, DEFAULT, "side")
    return Markup(slim(vl_convert.vegalite_to_svg(specification(chart))))


def _names(rows: pl.DataFrame) -> list[str]:
    return rows["network"].unique().sort().to_list()


def _moves(found: Difference) -> list[dict[str, Any]]:
    """Columns that moved, the numbers that moved farthest in their table first."""
    return [
        {"table": table.table, "move": move, "worst": move.worst[0], "where": where_most(move)}
        for table in found.tables
        for move in sorted(table.moves, key=lambda move: -(move.largest or 0))
    ]


def _about(side: Side) -> dict[str, Any]:
    """Name of a side, and how it was run, where its `studies` table says."""
    name, tables = side
    row = tables["studies"].row(0, named=True) if "studies" in tables and tables["studies"].height else {}
    versions = json.loads(row["versions"]) if row.get("versions") else {}
    return {"name": name, "commit": row.get("git_commit"), "dirty": row.get("git_dirty"),
            "hardware": row.get("hardware"), "finished_at": row.get("finished_at"), "versions": versions}  # fmt: skip
