"""The report in a real browser, once for all tests."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from browser_tools import Seen
from report_by_hand import DRAWN, pages, with_rows_behind
from resdag.cli import main
from resdag.report.build import write_report
from test_compare import checkout, made_once, two  # noqa: F401  (fixtures: two databases that differ)
from views_by_hand import STUDY, VIEWS

pytestmark = pytest.mark.workflow
WIDTHS = (390, 768, 1280, 1920)
DRAW_ALL = """async () => {
  for (const chart of document.querySelectorAll(".chart")) {
    chart.scrollIntoView({behavior: "instant"});
    for (let turn = 0; turn < 400 && !chart.classList.contains("drawn"); turn++) {
      await new Promise(done => setTimeout(done, 25));
    }
  }
  return document.querySelectorAll(".chart.drawn .live svg").length;
}"""
CHOOSE_ALL = """async () => {
  let drawn = 0;
  for (const chart of [...document.querySelectorAll(".chart")].filter(chart => chart.querySelector("label.one"))) {
    chart.scrollIntoView({behavior: "instant"});
    for (let turn = 0; turn < 400 && !chart.classList.contains("drawn"); turn++) {
      await new Promise(done => setTimeout(done, 25));
    }
    const select = chart.querySelector("label.one select");
    for (const option of select.options) {
      const before = chart.querySelector(".live");
      select.value = option.value;
      select.dispatchEvent(new Event("change"));
      for (let turn = 0; turn < 400 && chart.querySelector(".live") === before; turn++) {
        await new Promise(done => setTimeout(done, 25));
      }
      drawn += chart.querySelector(".live") !== before;
    }
  }
  return drawn;
}"""


@pytest.fixture(scope="module")
def report(drawn: Path) -> Path:
    """The report on rows by hand."""
    return write_report(with_rows_behind(drawn), STUDY, pages(drawn), drawn / "browser.html")


@pytest.fixture(scope="module")
def seen(chromium: Any, report: Path) -> Iterator[Seen]:
    """The page, all charts of it drawn."""
    seen = Seen(chromium, report)
    seen.drawn = seen.ask(DRAW_ALL)
    yield seen
    seen.context.close()


def test_every_chart_is_drawn_without_a_complaint_and_without_a_request(seen: Seen, report: Path) -> None:
    assert seen.drawn == len(DRAWN)
    assert seen.complaints == []
    assert [url for url in seen.requests if not url.startswith(("data:", "blob:"))] == [report.as_uri()]


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_screen(seen: Seen, width: int) -> None:
    seen.page.set_viewport_size({"width": width, "height": 900})
    assert seen.ask("document.documentElement.scrollWidth") == width


def test_the_answer_and_the_three_figures_are_on_the_first_screen(seen: Seen) -> None:
    seen.page.set_viewport_size({"width": 1280, "height": 900})
    first = "[...document.querySelectorAll('.strip a, .answer, .three svg')]"
    ends = seen.ask(f"{first}.map(each => each.getBoundingClientRect().bottom + scrollY)")
    assert ends and max(ends) < 900


def test_words_of_the_first_screen_s_pictures_can_be_read(seen: Seen) -> None:
    seen.page.set_viewport_size({"width": 1280, "height": 900})
    size = "parseFloat(getComputedStyle(e).fontSize) * Math.hypot(e.getScreenCTM().a, e.getScreenCTM().b)"
    sizes = seen.ask(f"[...document.querySelectorAll('.three svg text')].map(e => {size})")
    assert sizes and min(sizes) >= 8  # pixels


def test_verdicts_are_on_the_screen_of_a_phone(seen: Seen) -> None:
    seen.page.set_viewport_size({"width": 390, "height": 844})
    edges = seen.ask("[...document.querySelectorAll('.cards .verdict')].map(e => e.getBoundingClientRect().right)")
    assert edges and max(edges) <= 390


def test_a_link_into_something_folded_opens_it(seen: Seen) -> None:
    seen.page.set_viewport_size({"width": 1280, "height": 900})
    assert not seen.ask("document.getElementById('not-run').open")
    seen.page.click(".strip a[href='#not-run']")
    seen.page.wait_for_function("document.getElementById('not-run').open")


def test_all_rows_of_a_view_unfold_filter_and_sort(seen: Seen) -> None:
    rows = VIEWS["figure_3"]()
    figure = seen.page.locator("#figure_3")
    figure.get_by_text("All rows").click()
    counted = figure.locator("p[aria-live]")
    counted.wait_for()
    assert counted.inner_text() == f"{min(100, rows.height)} of {rows.height} rows"
    name = rows["network"].sort()[0]
    figure.locator("details.rows label", has_text="network").locator("select").select_option(f"={name}")
    assert counted.inner_text().endswith(f" of {rows.filter(network=name).height} rows")
    figure.locator("details.rows th button", has_text=re.compile("^error$")).click()
    place = rows.drop("study").columns.index("error")
    first = figure.locator(f"details.rows tbody tr:first-child td:nth-child({place + 1})").inner_text()
    assert float(first) == pytest.approx(rows.filter(network=name)["error"].min(), rel=1e-5)


def test_tables_sort_by_the_keyboard(seen: Seen) -> None:
    head = seen.page.locator("#errors thead button", has_text="Test error").first
    head.focus()
    for order, best in (("ascending", min), ("descending", max)):
        seen.page.keyboard.press("Enter")
        errors = seen.page.locator("#errors table").first.locator("tbody tr td:nth-child(8)").all_inner_texts()
        assert float(errors[0].split()[0]) == best(float(text.split()[0]) for text in errors)
        assert seen.ask("document.activeElement.parentElement.ariaSort") == order


@pytest.mark.parametrize("kind", ["CSV", "SVG", "PNG", "Parquet"])
def test_files_come_out_of_the_page_itself(seen: Seen, tmp_path: Path, kind: str) -> None:
    with seen.page.expect_download() as download:
        seen.page.locator("#figure_5a .files a", has_text=kind).click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    rows = VIEWS["figure_5a"]()
    if kind == "CSV":
        assert pl.read_csv(path).shape == (rows.height, rows.width - 1)
    elif kind == "Parquet":
        assert pl.read_parquet(path).equals(rows)
    else:
        assert path.read_bytes().startswith({"SVG": b"<svg", "PNG": b"\x89PNG"}[kind])


def test_the_sql_behind_a_figure_is_copied(seen: Seen) -> None:
    seen.context.grant_permissions(["clipboard-read", "clipboard-write"])
    seen.page.locator("#figure_5b button.copy").click()
    seen.page.get_by_text("Copied", exact=True).wait_for()
    assert seen.ask("navigator.clipboard.readText()") == f"SELECT * FROM figure_5b WHERE study = '{STUDY}';"
    assert seen.page.locator("article:has(.files) button.copy").count() == len(DRAWN)


LIT = """() => [...document.querySelectorAll(".chart")].filter(
  chart => chart.querySelector(".live svg [opacity='0.22']")).map(chart => chart.id.slice("chart-".length))"""
SIXTH = """() => {
  document.getElementById("chart-figure_3").scrollIntoView({behavior: "instant", block: "center"});
  const column = document.querySelectorAll("#chart-figure_3 .live svg [opacity='0']")[5].getBoundingClientRect();
  return [column.x + column.width / 2, column.y + column.height / 2];
}"""


def test_pointing_at_a_block_shows_it_in_every_chart_of_blocks(seen: Seen) -> None:
    seen.page.set_viewport_size({"width": 1280, "height": 900})
    x, y = seen.ask(SIXTH)
    assert seen.ask(LIT) == []
    seen.page.mouse.move(x, y)
    seen.page.mouse.move(x + 1, y + 1)
    charts = {"figure_3", "figure_other_deletions", "figure_control", "figure_repeat", "figure_highway"}
    seen.page.wait_for_function(f"({LIT})().length >= {len(charts)}")
    assert charts <= set(seen.ask(LIT))
    assert "block\t5" in seen.page.locator("#vg-tooltip-element").inner_text()
    seen.page.mouse.move(1, 1)
    seen.page.wait_for_function(f"({LIT})().length === 0")


INK = """() => ["still", "live"].map(kind => {
  const text = document.querySelector(`#chart-figure_5a .${kind} .role-axis-label text`);
  return getComputedStyle(text).fill.match(/\\d+/g).map(Number);
})"""


def test_charts_are_dark_on_light_and_light_on_dark(seen: Seen) -> None:
    for scheme, light in (("light", False), ("dark", True)):
        seen.page.emulate_media(color_scheme=scheme)
        assert [min(ink) > 200 for ink in seen.ask(INK)] == [light, light]
        paper = seen.ask("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
        assert (max(paper) < 60) == light


def test_on_a_phone_charts_are_drawn_as_wide_as_the_screen(chromium: Any, report: Path) -> None:
    phone = Seen(chromium, report, 390, 844)
    try:
        assert phone.ask(DRAW_ALL) == len(DRAWN)
        wide = "[...document.querySelectorAll('.chart')].filter(e => e.scrollWidth > e.clientWidth).map(e => e.id)"
        assert (phone.ask(wide), phone.complaints) == ([], [])
        size = "parseFloat(getComputedStyle(e).fontSize) * Math.hypot(e.getScreenCTM().a, e.getScreenCTM().b)"
        sizes = phone.ask(f"[...document.querySelectorAll('.live .role-axis text')].map(e => {size})")
        assert min(sizes) > 6  # pixels
    finally:
        phone.context.close()


def test_without_a_script_pictures_and_files_are_there(chromium: Any, report: Path) -> None:
    plain = Seen(chromium, report, 390, java_script_enabled=False)
    try:
        assert plain.page.locator(".still svg").count() == len(DRAWN)
        assert plain.page.locator("#figure_3 .still svg").is_visible()
        assert not plain.page.locator("button").first.is_visible()
        assert (report.parent / plain.page.locator("#figure_3 .files a").first.get_attribute("href")).is_file()
    finally:
        plain.context.close()


def test_of_many_panels_and_of_large_pictures_one_is_drawn_when_asked_for(
    chromium: Any, drawn: Path, report: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resdag.report.charts.PANELS", 1)
    monkeypatch.setattr("resdag.report.charts.PICTURES", 0)
    large = write_report(drawn / "with_rows.duckdb", STUDY, pages(drawn), drawn / "large.html")
    assert large.stat().st_size < report.stat().st_size
    seen = Seen(chromium, large)
    try:
        panels = seen.page.locator("#figure_6b")
        panels.scroll_into_view_if_needed()
        panels.locator(".live svg").wait_for()
        titles = panels.locator("label.one option").all_inner_texts()
        assert len(titles) > 1
        assert [title for title in titles if title in panels.locator(".live").text_content()] == titles[:1]
        panels.locator("label.one select").select_option(titles[1])
        panels.locator(".live", has_text=titles[1]).wait_for()
        assert seen.ask(CHOOSE_ALL) > len(titles)
        whole = seen.page.locator("article", has=seen.page.locator("button.draw")).first
        whole.locator("button.draw").click()
        whole.locator(".live svg").wait_for()
        assert seen.complaints == []
    finally:
        seen.context.close()


def test_print_has_every_figure_whole_and_no_empty_page(seen: Seen, tmp_path: Path) -> None:
    import pypdf

    seen.page.emulate_media(media="print", color_scheme="dark")
    seen.page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True)
    printed = [page.extract_text() for page in pypdf.PdfReader(tmp_path / "report.pdf").pages]
    assert len(printed) <= 10 + 1.2 * len(DRAWN)
    assert min(map(len, printed)) > 200
    seen.page.set_viewport_size({"width": int((210 - 2 * 14) / 25.4 * 96), "height": 1000})  # what @page leaves of A4
    wide = "[...document.querySelectorAll('table, svg')].map(e => e.getBoundingClientRect().right)"
    assert max(seen.ask(wide)) <= seen.page.viewport_size["width"] + 1
    tallest = seen.ask(
        "Math.max(...[...document.querySelectorAll('.still svg')].map(e => e.getBoundingClientRect().height))"
    )
    assert 0 < tallest < 297 / 25.4 * 96 - 2 * 16 / 25.4 * 96  # A4 without its margins, in pixels


@pytest.mark.parametrize("width", [390, 1280])
def test_a_comparison_is_a_page_that_fits_asks_for_nothing_and_sorts(
    chromium: Any,
    two: tuple[Path, Path],  # noqa: F811
    tmp_path: Path,
    width: int,
) -> None:
    main(["compare", *map(str, two), "--html", str(tmp_path / "page.html")])
    seen = Seen(chromium, tmp_path / "page.html", width)
    try:
        assert seen.ask("document.documentElement.scrollWidth") == width
        assert seen.page.locator("#deletions .still svg").bounding_box()["height"] > 100
        seen.page.locator("#columns thead button", has_text="Largest move").click()
        largest = [
            text for text in seen.page.locator("#columns td:nth-child(4)").all_inner_texts() if text[0].isdigit()
        ]
        assert len(largest) > 1 and largest == sorted(largest, key=float)
        # a table that is wider scrolls by itself
        seen.ask("document.querySelector('#columns td.small').textContent = 'x'.repeat(300)")
        assert seen.ask("document.documentElement.scrollWidth") == width
        assert seen.requests == [(tmp_path / "page.html").as_uri()] and seen.complaints == []
    finally:
        seen.context.close()
