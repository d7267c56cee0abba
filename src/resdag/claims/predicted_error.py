"""Does the error after random deletion follow from the share of paths that equation 8 leaves?

If the error depends on nothing but the weight of the paths left, it is as much nearer to chance as equation 8 says that
this weight is smaller.  Nothing is fitted, so the distance from the measured errors is a test.  A path weighs its
energy, which is estimated by random signs: where too few were drawn, or one image carries a batch, the weights
are not known and nothing is judged (`queries.spectrum_statistics`).
"""

from typing import TYPE_CHECKING

from resdag.claims._shared import Correlation
from resdag.claims._smooth import curve_of
from resdag.config.base import Count, Fraction
from resdag.config.claim import Claim, Threshold
from resdag.queries.interval import Interval
from resdag.queries.spelling import number, percent
from resdag.queries.verdicts import Evidence, Finding, Verdict, above, below, both, found, least, most, not_run

if TYPE_CHECKING:
    import polars as pl

DISTANCE = Threshold(
    "prediction_distance", Fraction, 0.05,
    "Error after random deletion that equation 8 predicts less the mean error, root mean square: below this.",
)  # fmt: skip
ORDER = Threshold(
    "prediction_correlation", Correlation, -0.9,
    "Spearman correlation of the share of paths left, by energy, and the median error is below this, in every seed.",
)  # fmt: skip
SIGNS = Threshold(
    "prediction_sign_draws", Count, 20, "Sign draws of `paths.spectrum` that a prediction by energy needs at least."
)
KNOWN = Threshold(
    "prediction_known", Fraction, 0.9, "Share of the energy that must lie in path lengths whose energy is known."
)
OTHERS = {"norm": "by the paper's weights", "alike": "all paths alike"}


def judge(evidence: Evidence) -> Finding:
    """Root mean square, over numbers of deleted blocks, of the error predicted by energy less the measured mean."""
    rows = evidence.rows(
        'SELECT weights, lesion.seed, "count" AS dose, lesion.draw, share, predicted, lesion.error, '
        'intact_error AS intact FROM figure_prediction JOIN lesions AS lesion USING (study, network, seed, "count") '
        "WHERE study = $study AND network = $network AND experiment = 'random' AND NOT recalibrated "
        "AND isfinite(predicted) ORDER BY weights, dose, draw, lesion.seed",
        network=evidence.residual,
    )
    energy = rows.filter(weights="energy")
    if energy.is_empty():
        return not_run(f"no random deletions of {evidence.residual}, or no path spectrum of it after training")
    distance, curve = _distance(energy, evidence), curve_of(evidence, "predicted_error", energy)
    known, about = _energy(evidence)
    ordered: Verdict = "inconclusive"
    said = [
        f"{words} {percent(_rms(rows.filter(weights=kind)))}"
        for kind, words in OTHERS.items()
        if kind in rows["weights"]
    ]
    if curve is not None:
        order = curve.order(evidence.confidence)
        ordered = above(order, -evidence.rules[ORDER.key])
        said.append(f"Spearman of share and median error {number(-order.value)}")
    verdict = both(below(distance, evidence.rules[DISTANCE.key]), ordered)
    detail = (
        f"{evidence.residual}, {len(energy)} measurements, {least(energy['dose']):.0f} to {most(energy['dose']):.0f} "
        f"blocks; {about}; {', '.join(said)}"
    )
    test = "root mean square over numbers of blocks and seeds"
    kind = "resampled draws with all their seeds"
    return found(distance, verdict if known else "inconclusive", test, detail, kind=kind)


def _energy(evidence: Evidence) -> tuple[bool, str]:
    """Whether the energy of the paths is known well enough to weigh them by it; and in words."""
    rows = evidence.rows(
        "WITH lengths AS (SELECT seed, path_length, sum(energy) AS energy, min(sign_draws) AS draws FROM path_spectrum "
        "WHERE study = $study AND network = $network AND measured_at = 'input' GROUP BY seed, path_length, epoch "
        "QUALIFY epoch = max(epoch) OVER (PARTITION BY seed)) "
        "SELECT seed, min(draws) AS draws, sum(lengths.energy) FILTER (energy_known) / sum(lengths.energy) AS known "
        "FROM lengths JOIN (FROM spectrum_norms WHERE study = $study AND network = $network AND measured_at = 'input' "
        "QUALIFY epoch = max(epoch) OVER (PARTITION BY seed)) USING (seed, path_length) GROUP BY seed ORDER BY seed",
        network=evidence.residual,
    ).fill_null(0.0)
    draws, share = int(least(rows["draws"])), least(rows["known"])
    enough = draws >= evidence.rules[SIGNS.key] and share >= evidence.rules[KNOWN.key]
    return (
        enough,
        f"{draws} sign draws, {percent(share)} of the energy known{'' if enough else ', too little to judge'}",
    )


def _rms(rows: "pl.DataFrame") -> float:
    import numpy as np

    groups = rows.group_by("seed", "dose", maintain_order=True)  # in any order, the last bit of a sum differs
    off = [float(part["predicted"][0]) - part["error"].to_numpy().mean() for _, part in groups]
    return float(np.sqrt((np.array(off) ** 2).mean()))


def _distance(rows: "pl.DataFrame", evidence: Evidence) -> Interval:
    """The distance, and its interval by drawing deletions again with all their seeds; none for one draw."""
    import numpy as np

    from resdag.queries.path_statistics import RESAMPLES, ends
    from resdag.queries.rows import generator_of

    here = _rms(rows)
    generator = generator_of({"study": evidence.study, "network": evidence.residual, "claim": "prediction"})
    off = []
    for _, part in rows.sort("dose", "seed", "draw").group_by("dose", maintain_order=True):
        seeds = [seed for _, seed in part.group_by("seed", maintain_order=True)]
        draws = min(map(len, seeds))
        if draws < 2:
            return Interval(here, None, None)
        again = generator.integers(draws, size=(RESAMPLES, draws))
        off += [float(seed["predicted"][0]) - seed["error"].to_numpy()[again].mean(axis=1) for seed in seeds]
    squares = (np.stack(off) ** 2).mean(axis=0)
    added = squares.mean() - here**2  # the scatter of the draws, which resampling counts a second time
    low, high = ends(np.sqrt(np.maximum(squares - added, 0)), evidence.confidence)
    return Interval(here, float(low), float(high))


CLAIMS = (
    Claim(
        name="predicted_error",
        place=210,
        figure="figures 5a and 7",
        statement="The error after random deletion follows from the share of paths that equation 8 leaves.",
        paper="the reason given for smooth growth",
        paper_value=0.0,
        unit="difference",
        rule="error predicted by energy within {prediction_distance:points} of the mean error, root mean square; "
        "Spearman of share and median error below {prediction_correlation:g} in every seed; "
        "{prediction_sign_draws} sign draws, and {prediction_known:percent} of the energy known",
        judge=judge,
        thresholds=(DISTANCE, ORDER, SIGNS, KNOWN),
    ),
)
