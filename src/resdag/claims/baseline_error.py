"""Does the residual network err as often as its authors say?

Their error is of CIFAR-10 and of 164 epochs, so on another dataset, or of a shorter training, the claim is not asked:
an error on digits says nothing of theirs.
"""

from resdag.claims._errors import about, few_images, seeds_of
from resdag.claims._shared import rising
from resdag.config.claim import Claim, Threshold
from resdag.paper import EPOCHS, TEST_ERROR
from resdag.queries.spelling import percent
from resdag.queries.verdicts import Evidence, Finding, found, inside, least, not_run

RANGE = Threshold(
    "baseline_error", rising(), (0.057, 0.068),
    "Mean test error of the residual network over seeds lies in here; asked on CIFAR-10 alone.",
)  # fmt: skip


def judge(evidence: Evidence) -> Finding:
    """Mean test error of the residual network over its seeds."""
    from resdag.queries.statistics import t_interval, wilson

    if evidence.dataset != "cifar10":
        return not_run(f"the authors' error is of CIFAR-10, this study's dataset is {evidence.dataset}")
    seeds = seeds_of(evidence, evidence.residual)
    if seeds.is_empty():
        return not_run(f"no network {evidence.residual}")
    epochs = seeds["epochs"].drop_nulls()  # a loaded network has none
    if len(epochs) and least(epochs) < EPOCHS:
        return not_run(f"{evidence.residual} was trained for {least(epochs):.0f} epochs, the authors' for {EPOCHS}")
    if len(seeds) == 1:
        errors, images = seeds.select("test_errors", "test_images").row(0)
        interval, kind = wilson(errors, images, evidence.confidence), "Wilson, over test images alone"
    else:
        interval, kind = t_interval(seeds["test_error"], evidence.confidence).within(0, 1), "Student's t over seeds"
    verdict = inside(interval, *evidence.rules[RANGE.key])
    return found(interval, verdict, "mean over seeds", about(evidence.residual, seeds) + few_images(seeds), kind=kind)


CLAIMS = (
    Claim(
        name="baseline_error",
        place=10,
        figure="section 5",
        statement="The residual network reaches the test error of its authors.",
        paper=percent(TEST_ERROR),
        paper_value=TEST_ERROR,
        unit="fraction",
        rule="mean over seeds in {baseline_error[0]:percent} to {baseline_error[1]:percent}",
        judge=judge,
        thresholds=(RANGE,),
    ),
)
