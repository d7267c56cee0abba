"""Job: path lengths and paths that remain after deletions, in closed form (Veit et al. 2016, figures 6a and 7)."""

from resdag.combinatorics import path_lengths, paths_remaining
from resdag.jobs.context import Context, Row, Tables


def run(context: Context) -> Tables:
    """Rows of `path_lengths` and `paths_remaining`, for every network with skips."""
    tables: Tables = {"path_lengths": [], "paths_remaining": []}
    for network, size in context.spec["networks"].items():
        for seed in size["seeds"]:
            of: Row = {"network": network, "seed": seed, "blocks": size["blocks"]}
            tables["path_lengths"] += [of | row for row in _lengths(size["blocks"])]
            tables["paths_remaining"] += [of | row for row in _remaining(size["blocks"])]
    return tables


def _lengths(blocks: int) -> list[Row]:
    return [
        {"path_length": length, "paths": float(paths), "fraction": fraction}
        for length, paths, fraction in path_lengths(blocks)
    ]


def _remaining(blocks: int) -> list[Row]:
    return [
        {"deleted": deleted, "path_length": length, "fraction": paths_remaining(blocks, deleted, length)}
        for deleted in range(blocks + 1)
        for length in range(blocks + 1)
    ]
