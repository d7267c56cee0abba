"""Large studies: what is drawn of very many networks, and what planning them takes."""

import cProfile
import json
import pstats
import re
from pathlib import Path

import polars as pl
import pytest
from benchmarks import limits
from benchmarks.scale import study

from resdag.figures.job import FIRST, MOST, draw_figure, first_networks
from resdag.figures.modules import module_of
from resdag.figures.save import read_figure
from resdag.planning.plan import plan_study
from views_by_hand import VIEWS


def of_networks(count: int) -> pl.DataFrame:
    """Rows of figure_ensembles, of so many networks."""
    rows = VIEWS["figure_ensembles"]()
    return pl.concat(rows.with_columns(network=pl.lit(f"net{index:03d}")) for index in reversed(range(count)))


@pytest.mark.workflow
def test_of_very_many_networks_the_first_are_drawn_which_is_said_and_the_csv_holds_all(tmp_path: Path) -> None:
    rows = of_networks(MOST + 6)
    files = {path.suffix: path for path in draw_figure(module_of("figure_ensembles"), rows, tmp_path)}
    said = read_figure(files[".html"])
    assert f"the first {FIRST} of {MOST + 6} networks by name" in said["caption"]
    names = set(re.findall(r"net\d{3}", json.dumps(said["spec"])))
    assert names == {f"net{index:03d}" for index in range(FIRST)}
    assert pl.read_csv(files[".csv"])["network"].n_unique() == MOST + 6


def test_as_many_networks_as_are_drawn_are_drawn_in_silence() -> None:
    rows = of_networks(MOST)
    assert first_networks(rows) == (rows, "")
    of_none = rows.drop("network")
    assert first_networks(of_none) == (of_none, "")


def test_rows_of_no_network_are_drawn_whatever_is_left_out() -> None:
    rows = pl.concat([of_networks(MOST + 1), VIEWS["figure_ensembles"]().with_columns(network=None)])
    drawn, _ = first_networks(rows)
    assert drawn["network"].n_unique() == FIRST + 1  # and none
    assert drawn["network"].null_count() > 0


def calls(networks: int) -> int:
    """Functions that are called to plan so many networks, and to name all that they write."""
    of, profile = study(networks, 2), cProfile.Profile()
    profile.runcall(lambda: plan_study(of).outputs())
    found: int = pstats.Stats(profile).total_calls  # type: ignore[attr-defined]
    return found


def test_planning_takes_as_much_for_each_network_however_many_there_are() -> None:
    calls(2)  # code is looked at once
    few, many, more = (calls(networks) for networks in (20, 40, 60))
    assert many > 1.4 * few  # or nothing is measured
    assert more - many == pytest.approx(many - few, rel=0.05)


def test_the_page_of_limits_says_what_was_measured() -> None:
    assert limits.PAGE.read_text(encoding="utf-8") == limits.page(limits.measured())
