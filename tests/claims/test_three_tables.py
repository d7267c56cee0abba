"""Every claim has a table that it must pass, one that it must fail, and one that leaves it open.

What holds by arithmetic leaves nothing open: there, a study that has no such rows.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

import pytest

from claims_by_hand import (
    DROPPING,
    EFFECTIVE,
    Tables,
    closed_forms,
    deleted,
    gradients,
    judged,
    merged,
    random_draws,
    residual,
    seeds,
    spectrum,
    trained,
    vgg,
)
from claims_shapes import (
    SHUT,
    batches,
    bumps,
    by_order,
    depths,
    halved,
    of_length_five,
    opened,
    predicted,
    recursion,
    rising,
    scatter,
    seeds_of,
    spans,
)
from resdag.config.claim import declared
from resdag.discovery import modules
from rows_by_hand import mean_field, reordering

PASS, FAIL, OPEN, ARITHMETIC, NOT_RUN = (
    "reproduced", "not reproduced", "inconclusive", "holds by arithmetic", "not run",
)  # fmt: skip
GROWTH = ("random_deletion", "random_deletion_medians", "random_deletion_error", "random_deletion_severe")
GRADIENTS = ("gradient_line", "gradient_factor", "effective_window", "effective_share")
MEDIANS = "random_deletion_medians"
EQUIVALENCE = ("effective_training", "effective_training_narrow")
COUNTED = ("path_lengths", "effective_path_lengths")


class Case(NamedTuple):
    """Tables, what each claim must say of them, and what the study file says."""

    tables: Callable[[], Tables]
    verdicts: dict[str, str]
    rules: dict[str, Any] = {}  # noqa: RUF012  (never changed)


def of(verdict: str, *names: str) -> dict[str, str]:
    return dict.fromkeys(names, verdict)


def wrong_shares() -> Tables:
    """Closed forms of 54 blocks in which long paths have what short and middling ones had."""
    tables = closed_forms()
    for rows, key in ((tables["path_lengths"], "path_length"), (tables["paths_remaining"], "path_length")):
        for row in rows:
            row["fraction"] *= 0.5 + row[key] / 54
    for row in tables["path_lengths"]:
        row["fraction"] *= 0.5
    return tables


def by_chance(k: int, draw: int) -> int:
    """Errors that scatter by ten points, and whose median falls by one image from 2 to 5 deletions."""
    return 1000 + 100 * draw - (k == 5) + 2000 * (k > 5) + 3 * (k > 10) * k


def paired(errors: tuple[int, ...]) -> Tables:
    return merged(seeds(610, 615, 612), seeds(*errors, blocks_per_batch=23, **EFFECTIVE))


def frozen(errors: tuple[int, ...]) -> Tables:
    return merged(seeds(661, 665, 657, network="resnet110-original"), seeds(*errors, network="highway110-frozen"))


def dropping(change: int, count: int = 3) -> Tables:
    return merged(seeds_of(20, {}), seeds_of(change, DROPPING | {"stochastic_depth": 0.5}, count))


def trained_order(errors: int) -> Tables:
    identity = reordering("identity", 1.0, errors, broken=errors - 600)
    return merged(by_order(lambda part: part), {"reorderings": [identity]})


def simulated(size: float, bias: float) -> Tables:
    theory = recursion(30)
    return {"mean_field_theory": theory, "mean_field": mean_field(theory, 12, scatter(size, bias))}


def deep(exponent: float, scale: float) -> Tables:
    """Five networks whose cosine falls by a power of the layer, each by a slightly other one."""
    theory = recursion(60)
    off = lambda layer, draw: (layer / 10) ** (exponent - THEORY + scale * (draw - 2)) - 1  # noqa: E731
    return {"mean_field_theory": theory, "mean_field": mean_field(theory, 5, off)}


def seven_batches() -> Tables:
    tables = trained()
    tables["path_gradients"] = [row | {"batch": row["sample"] % 7} for row in tables["path_gradients"]]
    return tables


THEORY = -0.3634  # 2 / pi - 1
MEMBERS, LAYERS, PHOTOGRAPHS = {"ensemble": "members"}, {"mean_field_layers": (10, 60)}, {"dataset": "image_folder"}
CASES = (
    Case(lambda: seeds(610, 620, 630), of(PASS, "baseline_error")),
    Case(lambda: seeds(500, 510, 505), of(FAIL, "baseline_error")),
    Case(lambda: seeds(660, 690, 700), of(OPEN, "baseline_error")),
    Case(lambda: deleted([20] * 54), of(PASS, "single_deletion", "single_deletion_every_block")),
    Case(lambda: residual(300), of(FAIL, "single_deletion", "single_deletion_every_block")),
    Case(lambda: residual(90), of(OPEN, "single_deletion", "single_deletion_every_block")),
    Case(lambda: residual(20), of(PASS, "single_deletion_imagenet"), PHOTOGRAPHS),
    Case(lambda: residual(300), of(FAIL, "single_deletion_imagenet"), PHOTOGRAPHS),
    Case(lambda: residual(90), of(OPEN, "single_deletion_imagenet"), PHOTOGRAPHS),
    Case(lambda: deleted(bumps(180)), of(PASS, "single_deletion_peaks")),
    Case(lambda: deleted(bumps(-200)), of(FAIL, "single_deletion_peaks")),
    Case(lambda: deleted(bumps(3)), of(OPEN, "single_deletion_peaks")),
    Case(lambda: vgg(*[9000] * 14), of(PASS, "vgg_chance", "vgg_every_layer")),
    Case(lambda: vgg(*[4000] * 14), of(FAIL, "vgg_chance", "vgg_every_layer")),
    Case(lambda: vgg(*[9000] * 8, *[4000] * 6), of(OPEN, "vgg_chance")),
    Case(lambda: vgg(*[9000] * 13, 8020), of(OPEN, "vgg_every_layer")),
    Case(lambda: random_draws(rising), of(PASS, *GROWTH)),
    Case(lambda: random_draws(lambda k, draw: 7000 - 300 * k + draw), of(FAIL, *GROWTH)),
    Case(lambda: random_draws(rising, draws=5), of(OPEN, *(name for name in GROWTH if name != MEDIANS))),
    Case(lambda: random_draws(by_chance, counts=(1, 2, 5, 10, 15, 20)), of(OPEN, MEDIANS)),
    Case(lambda: by_order(lambda part: part), of(PASS, "reordering")),
    Case(lambda: by_order(lambda part: 0.1 * part + 0.9 * (part > 0.46)), of(FAIL, "reordering")),
    Case(lambda: by_order(lambda part: 0.1 * part + 0.9 * (part > 0.5)), of(OPEN, "reordering")),
    Case(lambda: trained_order(600), of(ARITHMETIC, "reordering_identity")),
    Case(lambda: trained_order(601), of(FAIL, "reordering_identity")),
    Case(lambda: {}, of(NOT_RUN, "reordering_identity", "remaining_paths", *COUNTED)),
    Case(closed_forms, of(ARITHMETIC, "remaining_paths", *COUNTED)),
    Case(wrong_shares, of(FAIL, "remaining_paths", *COUNTED)),
    Case(trained, of(PASS, *GRADIENTS)),
    Case(lambda: trained(r=1.0), of(FAIL, *GRADIENTS[1:])),
    Case(lambda: trained(bend=-0.3), of(FAIL, "gradient_line")),
    Case(seven_batches, of(OPEN, *GRADIENTS)),
    Case(lambda: merged(trained(), gradients(epoch=0)), of(OPEN, "gradient_line")),
    Case(lambda: spectrum(8, 14), of(PASS, "summed_window")),
    Case(lambda: spectrum(25, 35), of(FAIL, "summed_window")),
    Case(lambda: spectrum(8, 14, batches=7), of(OPEN, "summed_window")),
    Case(lambda: halved(650, 801), of(PASS, "explicit_ensemble"), MEMBERS),
    Case(lambda: halved(650, 1600), of(FAIL, "explicit_ensemble"), MEMBERS),
    Case(lambda: halved(650, 870), of(OPEN, "explicit_ensemble"), MEMBERS),
    Case(lambda: of_length_five(predicted), of(PASS, "predicted_error")),
    Case(lambda: of_length_five(lambda k, draw: 600 + 10 * k + draw), of(FAIL, "predicted_error")),
    Case(lambda: of_length_five(predicted, sign_draws=2), of(OPEN, "predicted_error")),
    Case(lambda: paired((600, 610, 605)), of(PASS, *EQUIVALENCE)),
    Case(lambda: paired((900, 910, 905)), of(FAIL, *EQUIVALENCE)),
    Case(lambda: paired((560, 690, 640)), of(OPEN, *EQUIVALENCE)),
    Case(lambda: dropping(5), of(PASS, "stochastic_depth")),
    Case(lambda: dropping(120), of(FAIL, "stochastic_depth")),
    Case(lambda: dropping(5, count=1), of(OPEN, "stochastic_depth")),
    Case(lambda: depths(10, 100, 10, 5), of(PASS, "depth")),
    Case(lambda: depths(10, 100, 10, 200), of(FAIL, "depth")),
    Case(lambda: depths(10, 100, 10, 100), of(OPEN, "depth")),
    Case(lambda: spans([40, 30, 20] * 4, [240, 250, 260, 240]), of(PASS, "multiplicity")),
    Case(lambda: spans([40, 30, 20] * 4, [10, 20, 12, 15]), of(FAIL, "multiplicity")),
    Case(lambda: spans([40, 30, 20] * 4, [20, 900, 90, 0]), of(OPEN, "multiplicity")),
    Case(lambda: batches((60, 61, 60), (60, 62, 61)), of(PASS, "blocks_per_batch")),
    Case(lambda: batches((60, 61, 60), (90, 92, 91)), of(FAIL, "blocks_per_batch")),
    Case(lambda: batches((50, 70, 60), (52, 70, 62)), of(OPEN, "blocks_per_batch")),
    Case(lambda: opened(*SHUT), of(PASS, "highway")),
    Case(lambda: opened(*SHUT, start=0.05), of(FAIL, "highway")),
    Case(lambda: opened(*SHUT, start=None), of(OPEN, "highway")),
    Case(lambda: frozen((660, 664, 659)), of(PASS, "highway_frozen")),
    Case(lambda: frozen((1235, 1240, 1230)), of(FAIL, "highway_frozen")),
    Case(lambda: frozen((661,)), of(OPEN, "highway_frozen")),
    Case(lambda: simulated(0.03, 0.0), of(PASS, "mean_field")),
    Case(lambda: simulated(0.03, 0.3), of(FAIL, "mean_field")),
    Case(lambda: simulated(0.03, 0.1), of(OPEN, "mean_field")),
    Case(lambda: deep(THEORY, 0.005), of(PASS, "mean_field_exponent"), LAYERS),
    Case(lambda: deep(-0.3, 0.005), of(FAIL, "mean_field_exponent"), LAYERS),
    Case(lambda: deep(-0.34, 0.06), of(OPEN, "mean_field_exponent"), LAYERS),
)


def named(case: Case) -> str:
    (verdict,) = {*case.verdicts.values()}
    return f"{next(iter(case.verdicts))} {verdict}"


@pytest.mark.parametrize("case", CASES, ids=named)
def test_a_claim_says_of_a_table_what_it_must(case: Case) -> None:
    found = judged(case.tables(), *case.verdicts, **case.rules)
    assert {name: row["verdict"] for name, row in found.items()} == case.verdicts


@pytest.mark.parametrize("claim", [claim.name for claim in declared()])
def test_a_claim_has_a_table_that_it_passes_one_that_it_fails_and_one_that_leaves_it_open(claim: str) -> None:
    asked = {case.verdicts.get(claim, "") for case in CASES} - {""}
    assert asked in ({PASS, FAIL, OPEN}, {ARITHMETIC, FAIL, NOT_RUN})


@pytest.mark.parametrize("module", [each for each in modules("claims").values() if each.startswith("resdag.")])
def test_a_module_of_claims_declares_some(module: str) -> None:
    assert {claim.name for claim in import_module(module).CLAIMS} <= {claim.name for claim in declared()}
    assert import_module(module).CLAIMS
