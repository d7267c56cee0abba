"""Chromium without a head, for tests of pages: what a page asks for, complains of, and answers.

It takes `chromium` of the machine and what `make browser` puts into .tools/browser; without either the tests
say so and are skipped.
"""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

TOOLS = Path(__file__).resolve().parents[1] / ".tools/browser"
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """The browser."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not program:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    if not (TOOLS / "playwright").is_dir():
        pytest.skip("nothing to drive chromium with: `make browser` installs it")
    sys.path.insert(0, str(TOOLS))
    try:
        from playwright.sync_api import sync_playwright

        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
            yield browser
            browser.close()
    finally:
        sys.path.remove(str(TOOLS))


class Seen:
    """An opened page, what it asked for and what it complained of."""

    def __init__(self, browser: Any, report: Path, width: int = 1280, height: int = 900, **options: Any) -> None:
        self.context = browser.new_context(viewport={"width": width, "height": height}, **options)
        self.page, self.requests, self.complaints = self.context.new_page(), [], []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: message.type == "error" and self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(report.as_uri())

    def ask(self, script: str, argument: Any = None) -> Any:
        """What a script answers in the page."""
        return self.page.evaluate(script, argument)

    @property
    def outside(self) -> list[str]:
        """What it asked for that no file of this machine holds."""
        return [url for url in self.requests if not url.startswith(("file:", "data:", "blob:"))]
