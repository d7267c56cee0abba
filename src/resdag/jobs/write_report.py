"""Job: write the report, one HTML file, from the database and the figures."""

from pathlib import Path

from resdag.atomic import drop_stamps, write_text
from resdag.errors import DamagedFileError
from resdag.figures.save import drop_others
from resdag.jobs.context import Context, Tables
from resdag.planning.manifests import what_happened
from resdag.report.build import write_report


def run(context: Context) -> Tables:
    """Write report.html, then its stamp; files of figures that are not in it go."""
    out = Path(context.outputs["report"])
    database, cache = Path(context.settings["database"]), Path(context.settings["cache"])
    happened = what_happened(database)
    if happened:
        raise DamagedFileError(f"{database}: {happened}; the same command stores its rows again, and writes the report")
    drop_stamps(context.outputs["stamp"])
    pages = [Path(files["html"]) for files in context.inputs.values() if "html" in files]
    write_report(database, context.spec["study"], pages, out, cache)
    drop_others(out.parent / "figures", {page.stem for page in pages})
    write_text(context.outputs["stamp"], "")
    return {}
