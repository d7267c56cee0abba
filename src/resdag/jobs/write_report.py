"""Job: write the report, one HTML file, from the database and the figures."""

from pathlib import Path

from resdag.atomic import write_stamp
from resdag.jobs.context import Context, Tables
from resdag.report.build import write_report


def run(context: Context) -> Tables:
    """Write report.html, then its stamp."""
    out = Path(context.outputs["report"])
    write_report(Path(context.settings["database"]), context.spec["study"], out.parent / "figures", out)
    write_stamp(context.outputs["stamp"], "")
    return {}
