"""Job: path lengths and paths that remain after deletions, in closed form (Veit et al. 2016, figures 6a and 7)."""

from resdag.combinatorics import path_lengths, paths_remaining
from resdag.jobs.context import Context, Tables


def run(context: Context) -> Tables:
    """Rows of `path_lengths` and `paths_remaining` for a network of so many blocks."""
    return closed_forms(int(context.spec["blocks"]))


def closed_forms(blocks: int) -> Tables:
    """The same, from the number of blocks."""
    everything = range(blocks + 1)
    lengths = [
        {"blocks": blocks, "path_length": length, "paths": float(paths), "fraction": fraction}
        for length, paths, fraction in path_lengths(blocks)
    ]
    remaining = [
        {"blocks": blocks, "deleted": d, "path_length": x, "fraction": paths_remaining(blocks, d, x)}
        for d in everything
        for x in everything
    ]
    return {"path_lengths": lengths, "paths_remaining": remaining}
