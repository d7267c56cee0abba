"""docs/notebook.ipynb: its cells run, in order, and what it shows is kept beside them."""

import ast
import contextlib
import io
import json
from pathlib import Path
from typing import Any

import altair as alt
import polars as pl
import pytest

pytestmark = pytest.mark.workflow

PATH = Path(__file__).resolve().parents[1] / "docs/notebook.ipynb"
CELLS: list[dict[str, Any]] = json.loads(PATH.read_text(encoding="utf-8"))["cells"]


def shown(source: str, names: dict[str, Any]) -> tuple[str, Any]:
    """What a cell prints, and the value of its last line, as notebooks have it."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    with contextlib.redirect_stdout(io.StringIO()) as said:
        exec(compile(tree, str(PATH), "exec"), names)
        value = eval(compile(ast.Expression(last.value), str(PATH), "eval"), names) if last else None
    return said.getvalue(), value


@pytest.fixture(scope="module")
def run() -> list[tuple[dict[str, Any], str, Any]]:
    """Every cell of code, what it printed, and its value."""
    names: dict[str, Any] = {}
    code = [cell for cell in CELLS if cell["cell_type"] == "code"]
    with alt.renderers.enable("default"):  # the notebook chooses another, for itself alone
        return [(cell, *shown("".join(cell["source"]), names)) for cell in code]


def test_every_cell_shows_what_is_kept_of_it(run) -> None:
    for cell, said, value in run:
        kept = {kind: text for output in cell["outputs"] for kind, text in output.get("data", {}).items()}
        assert bool(said) == any(output["output_type"] == "stream" for output in cell["outputs"])
        assert ("image/png" in kept) == isinstance(value, alt.TopLevelMixin)
        if isinstance(value, pl.DataFrame):
            now, then = repr(value).splitlines(), "".join(kept["text/plain"]).splitlines()
            assert now[:1] == then[:1] and len(now) == len(then)  # numbers may differ by the machine
            assert [each.strip(" │┆") for each in now[2].split("┆")] == [
                each.strip(" │┆") for each in then[2].split("┆")
            ]


def test_the_network_has_learned_and_some_blocks_are_missed_more_than_others(run) -> None:
    frames = [value for _, _, value in run if isinstance(value, pl.DataFrame)]
    single = next(frame for frame in frames if "errors" in frame.columns)
    intact = next(said for _, said, _ in run if "test images wrong" in said)
    assert float(intact.split("%")[0]) < 30
    assert single["errors"].max() > 2 * single["errors"].min()
    assert single.height == 8


def test_the_notebook_is_small() -> None:
    assert PATH.stat().st_size < 200_000
