"""Does the paper hold? One row for each of its statements: its value, ours, the interval, the verdict.

The statements stand in `resdag.claims`, one module each or a few together, the logic of a verdict in `verdicts`, the
numbers of the rules in the study file, fixed before a run.  A statement is judged on whatever the study
measured; on another dataset than the paper's CIFAR-10 the row says so.
"""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any

import duckdb
import polars as pl

from resdag.config.claim import Claim, declared
from resdag.queries.divergence import left_out
from resdag.queries.rows import as_frame
from resdag.queries.verdicts import Evidence
from resdag.records.tables.claims import Claim as Row


def claims(
    con: duckdb.DuckDBPyConnection,
    study: str,
    rules: dict[str, Any],
    dataset: str,
    names: Collection[str] = (),
    diverged: Mapping[str, list[int]] = MappingProxyType({}),
) -> pl.DataFrame:
    """Rows of `claims`, from measured and derived tables; `studies` may be empty.

    `rules` is the `claims` section of the study file, `dataset` the kind of its dataset; all claims, or those named.
    `diverged` are networks and seeds whose rows were taken out: what would be about them says so.
    """
    evidence = Evidence(con, study, rules, dataset)
    return as_frame(Row, [_row(claim, evidence, diverged) for claim in declared() if not names or claim.name in names])


def _row(claim: Claim, evidence: Evidence, diverged: Mapping[str, list[int]]) -> dict[str, Any]:
    found = claim.judge(evidence)
    elsewhere = claim.measured and found.verdict != "not run" and evidence.dataset != "cifar10"
    return {
        "study": evidence.study,
        "claim": claim.name,
        "statement": claim.statement,
        "figure": claim.figure,
        "paper": claim.paper,
        "paper_value": claim.paper_value,
        "unit": claim.unit,
        "rule": claim.rule_text(evidence.rules),
        **found._asdict(),
        "detail": found.detail
        + left_out(found.detail, diverged)
        + (f"; judged on {evidence.dataset}, not on CIFAR-10" if elsewhere else ""),
    }
