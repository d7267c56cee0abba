"""What every study ends in: verdicts, the database, figures and the report; `planning.reading` plans their jobs."""

from resdag.layout import MANIFEST
from resdag.planning.experiment import Experiment, Rule, seconds_only

JUDGE = Rule(
    name="judge_claims",
    says="Hold the numbers to each statement of the paper.",
    writes={"claims": "claims/claims-{fingerprint}.parquet"},
    cost=seconds_only,
    target="database",
    wing="reading",
    memory_mb=2000,
)
STORE = Rule(
    name="write_database",
    says="Put this study's rows into results.duckdb, beside those of other studies.",
    writes={"manifest": MANIFEST},
    cost=seconds_only,
    target="database",
    wing="reading",
    memory_mb=4000,
    told_all=True,
)
DRAW = Rule(
    name="draw_figure",
    says="Draw one figure from its view.",
    writes={form: f"figures/{{figure}}.{form}" for form in ("svg", "png", "html", "csv")}
    | {"stamp": "figures/stamps/{figure}-{fingerprint}"},
    cost=seconds_only,
    target="figures",
    wildcards=("figure",),
    wing="reading",
    memory_mb=1000,
)
REPORT = Rule(
    name="write_report",
    says="Write the report, one HTML file that needs no network.",
    writes={"report": "report.html", "stamp": "report-stamps/{fingerprint}"},
    cost=seconds_only,
    target="report",
    wing="reading",
    memory_mb=1000,
)

EXPERIMENT = Experiment(place=10_000, rules=(JUDGE, STORE, DRAW, REPORT))
