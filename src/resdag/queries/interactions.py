"""Which pairs of blocks interact?  Intervals and tests of what two deletions do beyond the sum of each.

Each image gives z, from -2 to 2: wrong under both, less wrong under each, plus wrong
intact; `pair_answers` counts them, and the interaction is their mean.  The test asks whether
signs are fair: if z and -z are equally likely, the sum of z has an exact distribution,
given how many are 1 and 2 in size; where no z is 2 in size, it is McNemar's.  The interval is
that of Agresti and Min (2005) for paired counts, taken to z: normal, with half an image added to
each of four cells, so that a pair which changes no answer has an interval too.
"""

from collections.abc import Iterator
from typing import Any

import duckdb
import numpy as np
from scipy import stats

from resdag.queries.statistics import holm, mean_interval


def interactions(con: duckdb.DuckDBPyConnection, study: str, confidence: float) -> Iterator[dict[str, Any]]:
    """Rows of the table `interactions`; p-values are corrected over all pairs of one network and seed."""
    answers = con.sql(
        "SELECT * FROM pair_answers WHERE study = $study ORDER BY network, seed, first, second", params={"study": study}
    ).pl()
    for _, part in answers.group_by("network", "seed", maintain_order=True):
        rows = list(part.iter_rows(named=True))
        p_values = [sign_flip(*_sizes(row)) for row in rows]
        for row, p, p_holm in zip(rows, p_values, holm(p_values), strict=True):
            mean, low, high = mean_interval(*_sizes(row), row["images"], confidence)
            yield _changes(row) | {
                "interaction": mean, "low": low, "high": high,
                "p": p, "p_holm": p_holm, "significant": bool(p_holm < 1 - confidence),
            }  # fmt: skip


def _changes(row: dict[str, Any]) -> dict[str, Any]:
    """Which pair, and the change of error under each of its deletions."""
    kept = {name: row[name] for name in ("study", "network", "seed", "first", "second")}
    errors = {"change": "errors", "change_first": "first_errors", "change_second": "second_errors"}
    return kept | {
        change: (row[column] - row["intact_errors"]) / row["images"] for change, column in errors.items()
    }  # fmt: skip


def _sizes(row: dict[str, Any]) -> tuple[int, int, int]:
    """How many z are 1 in size, how many 2, and the sum of all."""
    ones, twos = row["plus_one"] + row["minus_one"], row["plus_two"] + row["minus_two"]
    return ones, twos, row["plus_one"] - row["minus_one"] + 2 * (row["plus_two"] - row["minus_two"])


def sign_flip(ones: int, twos: int, total: int) -> float:
    """Exact two-sided p of a sum as far from 0 as `total`, of `ones` values 1 and `twos` values 2 with fair signs."""
    positive = np.arange(twos + 1)  # how many of the twos are
    rest = abs(total) - 2 * (2 * positive - twos)  # what the ones have to come to
    at_least = stats.binom.sf(np.ceil((rest + ones) / 2) - 1, ones, 0.5)
    return min(1.0, 2 * float(stats.binom.pmf(positive, twos, 0.5) @ at_least))
