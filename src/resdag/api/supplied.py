"""What do rows of one's own say besides themselves?  What jobs of a workflow would have written from them.

Tests, intervals and fits are computed by the functions of the reading jobs.  The intact network's errors are those
under any lesion, less the images that it broke, plus those that it repaired.  Of a network without a row of `networks`,
and of its blocks without rows of `blocks`, the number of blocks is all that is known.
"""

from collections.abc import Callable, Collection, Mapping

import duckdb
import polars as pl

from resdag.errors import ResdagError
from resdag.jobs.count_paths import closed_forms
from resdag.queries.derive import derive_interactions, derive_lesion_tests, derive_path_norms
from resdag.queries.derive_spectrum import derive_spectrum
from resdag.store.schema import quoted

UNKNOWN = ("depth", "parameters", "shortcut", "position")
"""Columns of views that only a row of `networks` tells."""
_INTACT = """
WITH
  measured AS (
    SELECT study, network, seed, images, errors - broken + repaired AS errors FROM lesions
    UNION ALL SELECT study, network, seed, images, errors - broken + repaired FROM reorderings
  )
INSERT INTO lesions BY NAME
SELECT
  study, network, seed, 'intact' AS lesion, 'intact' AS experiment, 0 AS "count", []::INTEGER[] AS deleted,
  false AS recalibrated, any_value(errors) AS errors, any_value(images) AS images,
  any_value(errors) / any_value(images) AS error, 0 AS broken, 0 AS repaired
FROM measured
ANTI JOIN (FROM lesions WHERE experiment = 'intact' AND NOT recalibrated) AS there USING (study, network, seed)
GROUP BY study, network, seed
"""
_MIXED = """
SELECT network FROM (FROM lesions UNION ALL BY NAME FROM reorderings)
GROUP BY study, network, seed HAVING count(DISTINCT errors - broken + repaired) > 1 OR count(DISTINCT images) > 1
ORDER BY network
"""
_NUMBER_OF_BLOCKS = """
SELECT study, network, seed, max(blocks)::BIGINT AS blocks FROM (
  SELECT study, network, seed, block + 1 AS blocks FROM blocks
  UNION ALL SELECT study, network, seed, blocks FROM networks
  UNION ALL SELECT study, network, seed, list_max(deleted) + 1 FROM lesions
  UNION ALL SELECT study, network, seed, list_max(repeated) + 1 FROM lesions
  UNION ALL SELECT study, network, seed, len(permutation) FROM reorderings
  UNION ALL SELECT study, network, seed, block + 1 FROM influence
  UNION ALL SELECT study, network, seed, path_length FROM path_gradients
  UNION ALL SELECT study, network, seed, path_length FROM path_spectrum
)
GROUP BY ALL HAVING max(blocks) IS NOT NULL ORDER BY ALL
"""
_NETWORKS = """
INSERT INTO networks BY NAME
SELECT
  study, network, seed, 'unknown' AS architecture, 0 AS depth, blocks, 0 AS parameters, '{}' AS options,
  'loaded' AS source, '' AS checkpoint_sha256, '' AS device, 'none' AS test_scale,
  0 AS test_errors, 1 AS test_images, 0 AS test_error, 0 AS train_errors, 1 AS train_images
FROM known
"""
_BLOCKS = """
INSERT INTO blocks BY NAME
SELECT
  study, network, seed, unnest(range(blocks)) AS block, 0 AS stage, 0 AS channels, false AS changes_shape,
  true AS deletable, true AS reorderable
FROM known
"""
Rows = Mapping[str, pl.DataFrame]


def supply(
    con: duckdb.DuckDBPyConnection,
    given: Collection[str],
    read: Collection[str],
    shown: Collection[str],
    confidence: float,
) -> None:
    """Fill the tables that a view reads and that were not given, as far as those that were given say."""
    if "networks" in read and "networks" not in given and set(shown) & set(UNKNOWN):
        raise ResdagError(f"this figure shows {', '.join(sorted({*shown} & {*UNKNOWN}))}: give rows of `networks` too")
    _intact_rows(con)
    known = con.sql(_NUMBER_OF_BLOCKS).pl()
    con.register("known", known)
    for table, sql in {"networks": _NETWORKS, "blocks": _BLOCKS}.items():
        if table in read and table not in given:
            con.execute(sql)
    con.unregister("known")
    for study in known["study"].unique().sort():
        for derive in _derivations(given, read, known.filter(study=study), confidence):
            for table, rows in derive(con, study).items():
                _insert(con, table, rows)


def _intact_rows(con: duckdb.DuckDBPyConnection) -> None:
    """The row of each network whose lesions or reorderings are there."""
    mixed = con.sql(_MIXED).fetchall()
    if mixed:
        raise ResdagError(
            f"rows of {mixed[0][0]!r} are not of one network on the same images: what each says of the intact network "
            "differs; give every network, and every set of images, a `name` of its own"
        )
    con.execute(_INTACT)


def _derivations(
    given: Collection[str], read: Collection[str], known: pl.DataFrame, confidence: float
) -> list[Callable[[duckdb.DuckDBPyConnection, str], Rows]]:
    """What computes the tables that are read from those that are given."""
    blocks = dict(known.select("network", "blocks").iter_rows())
    found: dict[str, tuple[str, Callable[[duckdb.DuckDBPyConnection, str], Rows]]] = {
        "lesion_tests": ("lesions", derive_lesion_tests),
        "interactions": ("pair_answers", lambda con, study: derive_interactions(con, study, confidence)),
        "path_norms": ("path_gradients", lambda con, study: derive_path_norms(con, study, blocks, confidence)),
        "spectrum_norms": ("path_spectrum", lambda con, study: derive_spectrum(con, study, confidence)),
    }
    computed = [derive for table, (source, derive) in found.items() if table in {*read} - {*given} and source in given]
    wanted = {"path_lengths", "paths_remaining"} & {*read} - {*given}
    return [*computed, lambda con, study: _closed_forms(known, wanted)]


def _closed_forms(known: pl.DataFrame, wanted: Collection[str]) -> Rows:
    found: dict[str, list[pl.DataFrame]] = {table: [] for table in wanted}
    for key in known.iter_rows(named=True):
        for table, rows in closed_forms(key["blocks"]).items():
            if table in wanted:
                found[table].append(pl.DataFrame(rows).with_columns(**{each: pl.lit(key[each]) for each in KEY}))
    return {table: pl.concat(frames) for table, frames in found.items() if frames}


KEY = ("study", "network", "seed")


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: pl.DataFrame) -> None:
    con.register("rows_that_follow", rows)
    con.execute(f"INSERT INTO {quoted(table)} BY NAME SELECT * FROM rows_that_follow")
    con.unregister("rows_that_follow")
