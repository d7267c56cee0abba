"""Does an engine's time grow as the block evaluations that are counted for it?  Networks of 9 to 201 blocks.

Narrow ones (4, 8 and 16 channels, images of 16 x 16 pixels), so that 201 blocks take seconds; what
ResNet-110 takes stands in the other benchmarks.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

import altair as alt
import numpy as np
import polars as pl
import torch
import vl_convert

from benchmarks.measure import DOCS, Pair
from resdag.combinatorics import path_choice, random_deletion
from resdag.datasets.tensors import Images
from resdag.figures.save import specification
from resdag.figures.theme import DEFAULT, colour, dash, finish, shape
from resdag.lesions.engine import block_evaluations, measure
from resdag.lesions.lesion import Lesion, deletion, intact, single_deletions
from resdag.lesions.pair import pair_deletions
from resdag.models.build import build
from resdag.models.network import Network
from resdag.paths.sampled import path_norms
from resdag.paths.signs import random_signs
from resdag.paths.spectrum import path_spectrum
from resdag.paths.tree import branch_passes

BLOCKS = (9, 27, 54, 201)
PAIRS_UP_TO = 54  # 201 blocks have 20,100 pairs: minutes
IMAGES, PIXELS, DRAWS = 16, 16, 2
CHART = DOCS / "figures" / "scaling.svg"


def scaling(runs: int = 1) -> Pair:
    """Seconds and counted evaluations of each engine and size, the least of `runs`; no plain side."""
    pair = Pair("scaling", "time against counted block evaluations, narrow networks", "in proportion")
    rows: list[dict[str, Any]] = []
    for blocks in BLOCKS:
        network = build("preact_resnet", in_channels=3, classes=10, depth=2 * blocks + 2, width=4)
        for engine, evaluations, job in _jobs(network.eval().requires_grad_(False), blocks):
            job()
            seconds = min(_seconds(job) for _ in range(runs))
            rows.append({"engine": engine, "blocks": blocks, "evaluations": evaluations, "seconds": seconds})
    pair.notes = {"rows": rows, "images": IMAGES, "pixels": PIXELS}
    CHART.write_text(vl_convert.vegalite_to_svg(specification(chart(pl.DataFrame(rows)))), encoding="utf-8")
    return pair


def _seconds(job: Callable[[], Any]) -> float:
    started = time.perf_counter()
    job()
    return time.perf_counter() - started


def _jobs(network: Network, blocks: int) -> Iterator[tuple[str, int, Callable[[], Any]]]:
    """Each engine's name, the blocks that it passes for one batch, and the work."""
    images, every = _noise(), range(blocks)
    counts = [count for count in (1, 2, 5, 8) for _ in range(5)]
    random = [deletion("", blocks, random_deletion(blocks, every, k, draw)) for draw, k in enumerate(counts)]
    sets: dict[str, list[Lesion]] = {"single deletions": single_deletions(blocks, every), "random deletions": random}
    if blocks <= PAIRS_UP_TO:
        sets["all pairs"] = pair_deletions(blocks, every)
    for name, lesions in sets.items():
        whole = [intact(blocks), *lesions]
        yield name, block_evaluations(whole), lambda whole=whole: measure(network, images, whole)  # type: ignore[misc]
    batch, labels = images.normalised(0, IMAGES), images.labels
    paths = [path_choice(blocks, length, 0) for length in range(blocks + 1)]
    yield "sampled paths", branch_passes(paths, blocks), lambda: path_norms(network, batch, labels, paths)
    signs = np.stack([random_signs(blocks, IMAGES, 0, draw) for draw in range(DRAWS)])
    passes = (1 + DRAWS) * blocks * (blocks + 1) // 2
    yield "path spectrum", passes, lambda: path_spectrum(network, batch, labels, signs)


def _noise() -> Images:
    source = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (IMAGES, 3, PIXELS, PIXELS), generator=source, dtype=torch.uint8)
    half = torch.full((3,), 0.5, dtype=torch.float64)
    return Images(pixels, torch.arange(IMAGES) % 10, tuple("0123456789"), half, half / 2)


def chart(rows: pl.DataFrame) -> alt.TopLevelMixin:
    """Seconds against blocks: points are measured, lines the counts at the pace of 54 blocks."""
    pace = rows.filter(blocks=54).select("engine", pace=pl.col("seconds") / pl.col("evaluations"))
    lines = rows.join(pace, on="engine").with_columns(counted=pl.col("evaluations") * pl.col("pace"))
    engines = rows["engine"].unique(maintain_order=True).to_list()
    x = alt.X("blocks:Q", title="blocks", scale=alt.Scale(type="log", nice=False), axis=alt.Axis(values=list(BLOCKS)))
    y = alt.Y("seconds:Q", title="time (s)", scale=alt.Scale(type="log"), axis=alt.Axis(format="~g"))
    points = alt.Chart(lines).mark_point(filled=True, size=60).encode(
        x=x, y=y, color=colour("engine", engines), shape=shape("engine", engines)
    )  # fmt: skip
    counted = alt.Chart(lines).mark_line(strokeWidth=1).encode(
        x=x, y=alt.Y("counted:Q", title="time (s)"), color=colour("engine", engines),
        strokeDash=dash("engine", engines),
    )  # fmt: skip
    return finish(alt.layer(counted, points), DEFAULT)


def section(rows: list[dict[str, Any]]) -> str:
    """The table and the chart in docs/benchmarks.md."""
    text = (
        "\n## Time against counted block evaluations\n\n"
        f"Narrow networks, {IMAGES} images of {PIXELS} x {PIXELS} pixels. What is counted is exact, and asserted by "
        "tests: blocks that run for one batch, or branches that gradients pass (for the spectrum, of all lengths "
        f"and of {1 + DRAWS} rows of signs). Lines are the counts at the pace of 54 blocks: "
        "above them lies what a job costs whatever it counts, below them what larger batches of paths gain.\n\n"
        f"![time against blocks]({CHART.relative_to(DOCS)})\n\n"
        "| engine | blocks | counted | seconds | microseconds each |\n|---|---|---|---|---|\n"
    )
    for row in sorted(rows, key=lambda row: row["engine"]):
        each = 1e6 * row["seconds"] / row["evaluations"]
        text += f"| {row['engine']} | {row['blocks']} | {row['evaluations']:,} | {row['seconds']:.3g} | {each:.3g} |\n"
    return text
