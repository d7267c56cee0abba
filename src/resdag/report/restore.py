"""What do kept rows say?  Database, figures and report out of a folder of TABLE.parquet files; nothing is measured.

What follows from measured rows is computed again and claims are judged again, by the code that is here and by the rules
of the study file beside the rows: what took hours of computing is read with the newest figures in a minute.
"""

from collections.abc import Iterator
from pathlib import Path

from resdag.config.load import parse_study, read_yaml
from resdag.config.study import Study
from resdag.errors import DamagedFileError
from resdag.figures.job import draw_figure
from resdag.figures.modules import module_of
from resdag.figures.theme import Style
from resdag.planning.figures import figure_names
from resdag.report.build import write_report
from resdag.report.kept import judged
from resdag.store.build import build
from resdag.store.read import connect, frame
from resdag.store.sides import in_folder


def restore(folder: Path, out: Path) -> Path:
    """Write results.duckdb, figures/ and report.html into `out`; the path of the report.

    DamagedFileError where the folder does not tell which study its rows are of.
    """
    kept = dict(in_folder(folder)[1])
    if "studies" not in kept:
        raise DamagedFileError(f"{folder} has no studies.parquet, which says what was asked")
    name = str(kept["studies"]["study"][0])
    file, database = folder / f"{name}.yaml", out / "results.duckdb"
    study = parse_study(read_yaml(file), str(file), to_run=False)
    rows = judged(study, kept)
    build(database, name, {}, [lambda con, of: rows])
    return write_report(database, name, [*_drawn(database, study, out / "figures")], out / "report.html")


def _drawn(database: Path, study: Study, folder: Path) -> Iterator[Path]:
    """The page of each figure that has rows, as the study file wants it."""
    looks = study.figures.model_dump(mode="json")
    for name in figure_names():
        own = {key: value for key, value in (looks["styles"].get(name) or {}).items() if value is not None}
        style = looks | own
        module = module_of(name)
        with connect(database) as con:
            rows = frame(con, f"SELECT * FROM {module.VIEW} WHERE study = ?", [study.study])
        if rows.height:
            values = {key: style[key] for key in ("width", "height", "font", "font_size")}
            draw_figure(module, rows, folder, Style(**values), style["png_scale"])
            yield folder / f"{name}.html"
