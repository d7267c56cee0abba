"""docs/ as a site: what it is built of, and that nothing in it needs a network."""

import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from browser_tools import Seen

ROOT = Path(__file__).resolve().parents[1]
MKDOCS = ROOT / ".tools/docs/bin/mkdocs"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built strictly: a link that leads nowhere, or a page that the navigation lacks, ends it."""
    if not MKDOCS.exists():
        pytest.skip("no MkDocs: `make site` installs it")
    out = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [MKDOCS, "build", "--quiet", "--strict", "--site-dir", out], cwd=ROOT, capture_output=True, text=True
    )
    assert built.returncode == 0, built.stderr
    return out


def test_no_page_of_the_site_loads_anything_from_elsewhere(site: Path) -> None:
    for page in site.glob("*.html"):
        assert 'src="http' not in page.read_text() and 'rel="stylesheet" href="http' not in page.read_text(), page.name


def test_a_page_that_lies_elsewhere_links_to_where_its_targets_stand_in_the_site(site: Path) -> None:
    start = (site / "index.html").read_text()
    assert 'href="configuration.html"' in start and 'href="files/CITATION.cff"' in start
    assert (site / "files/CITATION.cff").read_bytes() == (ROOT / "CITATION.cff").read_bytes()


def test_the_search_finds_a_word_without_a_server_or_a_network(site: Path, chromium: Any) -> None:
    seen = Seen(chromium, site / "index.html")
    try:
        seen.page.click("[data-md-component=search-query]")
        seen.page.keyboard.type("kendall")
        seen.page.wait_for_selector(".md-search-result__item")
        assert "tables" in seen.page.locator(".md-search-result__list").inner_html()
        assert (seen.complaints, seen.outside) == ([], [])
    finally:
        seen.context.close()


@pytest.mark.parametrize(("name", "size"), [("light", (1280, 900)), ("dark", (1280, 900)), ("phone", (390, 844))])
def test_the_start_shows_the_report_s_first_screen_in_pictures_that_load_at_once(
    name: str, size: tuple[int, int]
) -> None:
    picture = ROOT / f"docs/figures/report-{name}.png"
    assert picture.relative_to(ROOT).as_posix() in (ROOT / "README.md").read_text()
    head = picture.read_bytes()[:24]  # signature, then the header: its length, its name, width and height
    assert (head[:8], head[12:16]) == (b"\x89PNG\r\n\x1a\n", b"IHDR")
    assert struct.unpack(">II", head[16:24]) == size and picture.stat().st_size < 300_000


def test_the_citation_names_the_version_of_the_package() -> None:
    import tomllib

    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert cited["version"] == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f"version = {{{cited['version']}}}" in (ROOT / "README.md").read_text()
