"""Job: write the report, one HTML file, from the database and the figures."""

from pathlib import Path

from resdag.atomic import write_stamp
from resdag.jobs.context import Context, Tables
from resdag.report.build import write_report


def run(context: Context) -> Tables:
    """Write report.html, then its stamp."""
    out = Path(context.outputs["report"])
    database, cache = Path(context.settings["database"]), Path(context.settings["cache"])
    write_report(database, context.spec["study"], out.parent / "figures", out, cache)
    write_stamp(context.outputs["stamp"], "")
    return {}
