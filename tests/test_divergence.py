"""A network whose training diverged: NULL where there is no number, and no verdict from it."""

import math
import warnings

import numpy as np
import pytest
import torch

from claims_by_hand import (
    EFFECTIVE,
    closed_forms,
    holding,
    merged,
    orders,
    random_draws,
    residual,
    seeds,
    spectrum,
    trained,
    verdict,
    vgg,
)
from resdag.config.claims import Claims
from resdag.datasets.tensors import Images
from resdag.jobs.measure_path_spectrum import _rows as spectrum_rows
from resdag.jobs.sample_path_gradients import _rows as gradient_rows
from resdag.models.architectures.highway import build as highway
from resdag.models.architectures.preact_resnet import build as preact_resnet
from resdag.models.network import Network
from resdag.paths.sampled import path_norms
from resdag.paths.spectrum import path_spectrum
from resdag.queries.claims import claims
from resdag.queries.derived import derive
from resdag.queries.divergence import leave_out_diverged
from resdag.records.tables.gates import Gates
from resdag.records.tables.path_gradients import PathGradient
from resdag.records.tables.path_spectrum import PathSpectrum
from resdag.report.summary import diverged
from resdag.training.gates import gate_rows
from rows_by_hand import OF, STUDY, emptied, insert, network

IMAGES, LABELS = torch.rand(4, 1, 8, 8), torch.tensor([0, 1, 2, 3])
pytestmark = pytest.mark.workflow

NUMBERS = [math.nan, math.inf, 3e38]


def filled(built: Network, number: float) -> Network:
    """The network with one number in all of its weights: 3e38 overflows in the first sum."""
    with torch.no_grad():
        for weights in built.parameters():
            weights.fill_(number)
    return built.eval()


@pytest.fixture(params=NUMBERS, ids=str)
def number(request: pytest.FixtureRequest) -> float:
    return float(request.param)


def test_sampled_paths_of_a_diverged_network_have_no_norm_and_pass_for_no_dead_ones(number: float) -> None:
    built = filled(preact_resnet(depth=8, width=2, in_channels=1, classes=4), number)
    paths = [(False, False, False), (True, False, True), (True, True, True)]
    norms = path_norms(built, IMAGES, LABELS, paths)
    assert all(math.isnan(norm) for norm in (*norms.at_input, *norms.at_first_block) if norm is not None)
    assert norms.at_first_block[-1] is not None
    for row in gradient_rows(3, 0, [(0, 0), (2, 0), (3, 0)], norms):
        kept = PathGradient.model_validate(OF | row)
        assert kept.log10_norm is None
        assert kept.norm in (None, 0.0)


def test_the_spectrum_of_a_diverged_network_is_null_and_its_paths_are_still_counted(number: float) -> None:
    built = filled(preact_resnet(depth=8, width=2, in_channels=1, classes=4), number)
    signs = np.ones((2, len(IMAGES), 3), dtype=np.int8)
    rows = list(
        spectrum_rows({"epoch": 3, "batch": 0, "sign_draws": 2}, 3, path_spectrum(built, IMAGES, LABELS, signs))
    )
    kept = [PathSpectrum.model_validate(OF | row) for row in rows]
    assert [row.paths for row in kept] == 2 * [1, 3, 3, 1]
    assert {row.norm_of_sum for row in kept if row.path_length == 3} == {None}
    assert {row.coherence for row in kept if row.path_length == 3} == {None}


def test_gates_that_are_no_numbers_are_null_and_their_images_are_counted() -> None:
    built = filled(highway(depth=8, width=2, in_channels=1, classes=4), math.nan)
    images = Images((255 * IMAGES).byte(), LABELS, ("a", "b", "c", "d"), torch.zeros(1), torch.ones(1))
    rows = [Gates.model_validate(OF | {"epoch": 3} | row) for row in gate_rows(built, images)]
    assert len(rows) == 3
    assert {row.images for row in rows} == {4}
    assert {(row.mean, row.q50, row.below_half) for row in rows} == {(None, None, None)}


MEASURED = merged(
    residual(), random_draws(lambda k, draw: 600 + 40 * k + draw), orders(lambda i, draw: 600 + 9 * i + draw),
    trained(), spectrum(10, 20), closed_forms(), vgg(*[9000] * 14), seeds(640, 650, **EFFECTIVE),
)  # fmt: skip


def _with_diverged(*which: tuple[str, int]) -> dict[str, list[dict[str, object]]]:
    """All that was measured, each row once, some networks marked as diverged."""
    keyed = {table: {repr(sorted(row.items())): row for row in rows} for table, rows in MEASURED.items()}
    tables = {table: list(rows.values()) for table, rows in keyed.items()}
    networks = {(row["network"], row["seed"]): row for row in tables["networks"]}
    tables["networks"] = [row | {"diverged": key in which} for key, row in networks.items()]
    tables["lesions"] = list({(row["network"], row["seed"], row["lesion"]): row for row in tables["lesions"]}.values())
    return tables


def _judged(tables: dict[str, list[dict[str, object]]]) -> dict[str, dict[str, object]]:
    con = holding(tables)
    left = leave_out_diverged(con, STUDY)
    found = claims(con, STUDY, Claims().model_dump(), "cifar10", diverged=left)
    return {row["claim"]: row for row in found.to_dicts()}


def test_a_network_that_does_not_mind_deletions_since_it_diverged_reproduces_nothing() -> None:
    numb = residual(change=0, peak=100)
    assert verdict(numb, "single_deletion") == "reproduced"
    numb["networks"][0]["diverged"] = True
    row = _judged(numb)["single_deletion"]
    assert row["verdict"] == "not run"
    assert str(row["detail"]).endswith("left out, since training diverged: resnet110 (seed 0)")


def test_no_claim_of_the_residual_network_is_judged_where_it_diverged_and_those_of_others_are() -> None:
    intact, gone = _judged(_with_diverged()), _judged(_with_diverged(("resnet110", 0)))
    about = {claim for claim, row in intact.items() if row["verdict"] != "not run"}
    assert {"single_deletion", "random_deletion", "reordering", "gradient_line", "summed_window", "vgg_chance"} <= about
    assert gone["vgg_chance"] == intact["vgg_chance"]
    still = {claim for claim in about if gone[claim]["verdict"] != "not run"}
    assert still <= {claim for claim in about if "resnet110 (" not in str(gone[claim]["detail"])}
    assert not still & {"single_deletion", "random_deletion", "reordering", "gradient_line", "summed_window"}


def test_one_seed_that_diverged_leaves_the_others_judged_and_is_named() -> None:
    two = merged(residual(), residual(seed=1))
    two["networks"][1]["diverged"] = True
    row = _judged(two)["single_deletion"]
    assert row["verdict"] == "reproduced"
    assert "1 seed;" in str(row["detail"])
    assert "left out, since training diverged: resnet110 (seed 1)" in str(row["detail"])


def test_statistics_of_paths_pass_over_what_is_null() -> None:
    con = emptied()
    insert(con, "networks", [network(diverged=True)])
    for table, rows in trained().items():
        if table == "path_gradients":
            insert(con, table, [row | {"norm": None, "log10_norm": None} for row in rows])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        derived = derive(con, STUDY, 0.95)
    assert derived["path_norms"].is_empty()
    assert derived["path_fits"].is_empty()


def test_the_report_names_the_networks_that_diverged() -> None:
    con = emptied()
    insert(con, "networks", [network(seed=seed, diverged=seed != 1) for seed in range(3)])
    said = diverged(con.sql("SELECT * FROM networks ORDER BY seed").pl())
    assert said.startswith("Training diverged in resnet110 (seeds 0, 2): ")
    assert diverged(con.sql("SELECT * FROM networks WHERE NOT diverged").pl()) == ""
