"""What follows from kept rows?  Tests, intervals and fits, and the verdicts of the study's rules, made anew."""

from collections.abc import Mapping

import duckdb
import polars as pl

from resdag.config.study import Study
from resdag.queries.claims import claims
from resdag.queries.derived import derive
from resdag.queries.divergence import leave_out_diverged
from resdag.records.registry import class_of
from resdag.store.build import insert
from resdag.store.schema import create

Rows = Mapping[str, pl.DataFrame]
"""The rows of a study by table."""


def judged(study: Study, kept: Rows) -> Rows:
    """The rows with those that follow from them made anew where they can be, and the verdicts of the study's rules."""
    name = study.study
    with duckdb.connect(config={"threads": 1}) as con:  # several add numbers up in the order in which they end
        create(con)
        for table in kept.keys() - {"claims"}:
            insert(con, class_of(table), kept[table])
        computed = derive(con, name, study.claims.confidence)
        anew = {table: found for table, found in computed.items() if found.height}
        for table, found in anew.items():
            con.execute(f'DELETE FROM "{table}"')
            insert(con, class_of(table), found)
        diverged = leave_out_diverged(con, name)  # from this database, not from the rows
        verdicts = claims(con, name, study.claims.model_dump(mode="json"), study.dataset.kind, diverged=diverged)
    return {**kept, **anew, "claims": verdicts}
