"""What does a row mean?  One class for each table of results.duckdb, in a module of the table's name.

The two wings of resdag meet here.  The measuring wing writes rows of these
classes as Parquet; the reading wing makes from the same classes the DDL with
its constraints, the comments of tables and columns, and docs/tables.md.

A job that writes a table depends on the module of that table and on no other: a
column more in one table repeats nothing that another holds.

Conventions: errors are fractions in [0, 1] and stand beside their counts;
block indices count from the input, from 0; so do draws, samples and batches;
epoch 0 is the initialisation; timestamps are UTC.  No column of a key is NULL.
"""

from collections.abc import Collection, Mapping
from functools import cache
from importlib import import_module

from resdag.discovery import modules
from resdag.records.base import Record


def tables() -> Collection[str]:
    """Names of all tables."""
    return modules("tables").keys()


@cache
def class_of(table: str) -> type[Record]:
    """The class of a table's rows; KeyError where there is no such table."""
    module = import_module(modules("tables")[table])
    (record,) = [each for each in vars(module).values() if isinstance(each, type) and _is_of(each, table)]
    return record


def _is_of(candidate: type, table: str) -> bool:
    return issubclass(candidate, Record) and getattr(candidate, "table", None) == table


@cache
def records() -> tuple[type[Record], ...]:
    """The classes of all tables, in the order in which people read them."""
    return tuple(sorted(map(class_of, tables()), key=lambda record: (record.place, record.table)))


@cache
def by_name() -> Mapping[str, type[Record]]:
    """The same, by the names of their tables."""
    return {record.table: record for record in records()}
