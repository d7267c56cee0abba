"""What can be said of a network whose training diverged?  Nothing that a claim is about.

Its weights or outputs are no finite numbers, so it answers every image alike, and deleting a block changes nothing:
a rule would read that as a network that does not mind.  Its rows stay in the database; claims are judged without.
"""

import re
from collections.abc import Iterable, Mapping

import duckdb

from resdag.queries.spelling import seeds_named


def leave_out_diverged(con: duckdb.DuckDBPyConnection, study: str) -> dict[str, list[int]]:
    """Delete the rows of networks that diverged from a database in memory; their names, and which seeds."""
    found = con.execute(
        "SELECT network, list(seed ORDER BY seed) FROM networks WHERE study = ? AND diverged GROUP BY network "
        "ORDER BY network",
        [study],
    ).fetchall()
    for table, by_seed in _tables_of_networks(con):
        for network, seeds in found:
            which = f" AND seed IN ({', '.join(map(str, seeds))})" if by_seed else ""  # or made of all seeds together
            con.execute(f'DELETE FROM "{table}" WHERE study = ? AND network = ?{which}', [study, network])
    return dict(found)


def _tables_of_networks(con: duckdb.DuckDBPyConnection) -> list[tuple[str, bool]]:
    """Tables whose rows are of a network, and whether of one seed of it."""
    return con.execute(
        "SELECT table_name, bool_or(column_name = 'seed') FROM duckdb_columns() JOIN duckdb_tables() "
        "USING (database_name, schema_name, table_name) GROUP BY table_name HAVING bool_or(column_name = 'network')"
    ).fetchall()


def left_out(detail: str, diverged: Mapping[str, list[int]]) -> str:
    """The end of a finding's detail where it names networks that were left out; empty where it names none."""
    named = [name for name in diverged if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", detail)]
    return f"; left out, since training diverged: {spelt((name, diverged[name]) for name in named)}" if named else ""


def spelt(networks: Iterable[tuple[str, list[int]]]) -> str:
    """`resnet110 (seeds 0, 2), vgg15 (seed 0)`."""
    return ", ".join(f"{name} ({seeds_named(seeds)})" for name, seeds in networks)
