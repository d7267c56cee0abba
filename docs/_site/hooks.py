"""Pages that stand elsewhere in the repository, and links that lead out of docs/.

README, changelog and the page of study files are read where they lie, so that each is written once and reads well in
the repository too.  A link in any page is rewritten to where its target stands in the site; a file of the repository
that is no page is put beside the pages, under files/.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    "README.md": "index.md", "CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md",
    "config/README.md": "configuration.md", "data/README.md": "data.md",
} | {
    path.relative_to(ROOT).as_posix(): f"reference-{path.parent.name}.md"
    for path in sorted(ROOT.glob("data/reference/*/README.md"))
}  # fmt: skip
LINK = re.compile(r"(\]\()([^)\s#]+)(#[^)\s]*)?(\))")


WORKER = """// A browser refuses workers from files; one whose source is here, it takes.
if (location.protocol === "file:") {
  const OfPages = Worker, source = %s;
  window.Worker = function () { return new OfPages(URL.createObjectURL(new Blob([source]))); };
}
"""


def on_files(files: Files, config: Any) -> Files:
    """Add the pages from outside docs/, the files that pages link to, and a search that needs no server."""
    (worker,) = (each for each in files if re.fullmatch(r"assets/javascripts/workers/search.*\.js", each.src_uri))
    source = WORKER % json.dumps(Path(worker.abs_src_path).read_text(encoding="utf-8"))
    files.append(File.generated(config, config.extra["polyfills"][0], content=source))
    for path, name in PAGES.items():
        files.append(File.generated(config, name, abs_src_path=str(ROOT / path)))
    for page in list(files.documentation_pages()):
        for target in _targets(Path(page.abs_src_path)):
            name = _in_site(target)
            if name.startswith("files/") and not files.get_file_from_path(name):
                files.append(File.generated(config, name, abs_src_path=str(ROOT / target)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """The page with its links as the site has them."""
    source = Path(page.file.abs_src_path)

    def led(found: re.Match[str]) -> str:
        target = _target(source, found[2])
        up = "../" * page.file.src_uri.count("/")
        return found[0] if target is None else f"{found[1]}{up}{_in_site(target)}{found[3] or ''}{found[4]}"

    return LINK.sub(led, markdown)


def _targets(source: Path) -> Iterator[str]:
    found = (_target(source, link[1]) for link in LINK.findall(source.read_text(encoding="utf-8")))
    yield from (target for target in found if target is not None)


def _target(source: Path, link: str) -> str | None:
    """The repository's file that a link leads to, the README of a folder; None for addresses and what is not there."""
    path = (source.parent / link).resolve()
    path = path / "README.md" if path.is_dir() else path
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) and path.is_file() else None


def _in_site(target: str) -> str:
    """Where a file of the repository stands in the site."""
    if target in PAGES:
        return PAGES[target]
    inside = PurePosixPath(target)
    return inside.relative_to("docs").as_posix() if inside.parts[0] == "docs" else f"files/{target}"
