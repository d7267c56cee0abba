"""Does a branch multiplied by 1 change anything?  It must not: the engine is held to itself."""

from resdag.config.claim import Claim
from resdag.queries.verdicts import Evidence, Finding, by_arithmetic, not_run


def judge(evidence: Evidence) -> Finding:
    """The largest change of error where the factor is 1."""
    rows = evidence.rows("SELECT max(abs(change)) AS change FROM figure_scaled WHERE study = $study AND factor = 1")
    change = rows["change"].item()
    if change is None:
        return not_run("no branch was multiplied by 1")
    return by_arithmetic(change, change == 0, "identity", "every block of every network")


CLAIMS = (
    Claim(
        name="scaled_identity",
        place=900,
        figure="beyond the paper",
        statement="A branch multiplied by 1 is the branch.",
        paper="an identity",
        unit="difference",
        rule="the error is that of the intact network",
        judge=judge,
    ),
)
