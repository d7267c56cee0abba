"""Pictures of a report's first screen, for the pages here: on light, on dark, and as a phone shows it.

    python docs/_site/screenshots.py results/digits/report.html docs/figures

It takes Chromium of the machine and what `make browser` puts into .tools/browser.
"""

import shutil
import sys
from pathlib import Path
from typing import Any

TOOLS = Path(__file__).resolve().parents[2] / ".tools/browser"
SCREENS = {"light": (1280, 900, "light"), "dark": (1280, 900, "dark"), "phone": (390, 844, "light")}
"""Width and height in pixels, and the colours asked for."""
FONTS = "document.fonts.ready"


def main(report: Path, folder: Path) -> None:
    """Write report-light.png, report-dark.png and report-phone.png."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not program or not (TOOLS / "playwright").is_dir():
        sys.exit("no browser to take pictures with: install chromium, then `make browser`")
    sys.path.insert(0, str(TOOLS))
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        for name, screen in SCREENS.items():
            _take(browser, report, folder / f"report-{name}.png", *screen)
        browser.close()


def _take(browser: Any, report: Path, out: Path, width: int, height: int, scheme: str) -> None:
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = context.new_page()
    page.goto(report.resolve().as_uri())
    page.evaluate(FONTS)
    page.screenshot(path=out)
    context.close()
    print(f"{out}: {out.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
