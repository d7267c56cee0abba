"""Does the paper hold? One row for each of its statements: its value, ours, the interval, the verdict.

The statements stand in `statements`, the logic of a verdict in `verdicts`, the
numbers of the rules in the study file, fixed before a run.  A statement is
judged on whatever the study measured; on another dataset than the paper's
CIFAR-10 the row says so.
"""

from typing import Any

import duckdb
import polars as pl

from resdag.queries.rows import as_frame
from resdag.queries.statements import STATEMENTS, Statement
from resdag.queries.verdicts import Evidence
from resdag.records.tables.claims import Claim


def claims(con: duckdb.DuckDBPyConnection, study: str, rules: dict[str, Any], dataset: str) -> pl.DataFrame:
    """Rows of `claims`, from measured and derived tables; `studies` may be empty.

    `rules` is the `claims` section of the study file, `dataset` the kind of its dataset.
    """
    evidence = Evidence(con, study, rules, dataset)
    return as_frame(Claim, [_row(statement, evidence) for statement in STATEMENTS])


def _row(statement: Statement, evidence: Evidence) -> dict[str, Any]:
    found = statement.judge(evidence)
    judged_elsewhere = statement.measured and found.verdict != "not run" and evidence.dataset != "cifar10"
    return {
        "study": evidence.study,
        "claim": statement.claim,
        "statement": statement.statement,
        "figure": statement.figure,
        "paper": statement.paper,
        "unit": statement.unit,
        "rule": statement.rule.format(**evidence.rules),
        **found._asdict(),
        "detail": found.detail + (f"; judged on {evidence.dataset}, not on CIFAR-10" if judged_elsewhere else ""),
    }
