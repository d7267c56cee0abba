"""The logic that all claims share: declarations, the study file's section, intervals and verdicts."""

import subprocess
import sys
from pathlib import Path

import pytest

from claims_by_hand import judge, judged, residual, seeds, verdict
from resdag.config.claim import Claim, Threshold, declared, thresholds
from resdag.config.claims import Claims
from resdag.config.load import load_study
from resdag.discovery import modules
from resdag.errors import ResdagError
from resdag.planning.plan import plan_study
from resdag.queries.interval import Interval
from resdag.queries.spelling import number, percent, points
from resdag.queries.verdicts import above, below, both, every, inside

TINY = Path(__file__).parents[2] / "config" / "tiny.yaml"


def test_nothing_measured_gives_every_row_and_no_number() -> None:
    found = judged({})
    assert list(found) == [claim.name for claim in declared()]
    assert {row["verdict"] for row in found.values()} == {"not run"}
    assert {row["ours"] for row in found.values()} == {None}
    assert {row["interval_kind"] for row in found.values()} == {None}


def test_the_ground_floor_assembles_the_section_without_what_judging_takes() -> None:
    heavy = "[name for name in ('duckdb', 'polars', 'scipy', 'altair', 'torch') if name in sys.modules]"
    told = subprocess.run(
        [sys.executable, "-c", f"import sys, resdag.config.study; print({heavy})"], capture_output=True, text=True
    )
    assert told.stdout.strip() == "[]", told.stderr


def test_a_key_of_the_section_is_declared_by_a_claim_with_its_default_and_its_sentence() -> None:
    assert {each.key for each in thresholds()} | {"confidence", "residual"} == set(Claims.model_fields)
    for each in thresholds():
        assert getattr(Claims(), each.key) == each.default
        assert Claims.model_fields[each.key].description == each.description
        assert each.description.endswith(".")


def _declares(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: str) -> None:
    """One more package with a claim, as an entry point would name it."""
    (tmp_path / "their_claim.py").write_text(source)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "their_claim", raising=False)
    found = modules("claims") | {"their_claim": "their_claim"}
    monkeypatch.setattr("resdag.config.claim.modules", lambda kind: found)
    declared.cache_clear()
    monkeypatch.setattr("resdag.queries.claims.declared", declared)


@pytest.fixture
def fresh():
    yield
    declared.cache_clear()


THEIRS = """
from resdag.config.claim import Claim, Threshold
from resdag.config.base import Fraction
from resdag.queries.verdicts import not_run

CLAIMS = (
    Claim("{name}", 5, "their figure", "It holds.", "yes", "fraction", "above {{{key}:percent}}",
          lambda evidence: not_run("nobody looked"), (Threshold("{key}", {kind}, 0.5, "A share."),)),
)
"""


def test_a_claim_of_another_package_is_judged_with_the_others(fresh, monkeypatch, tmp_path) -> None:
    _declares(monkeypatch, tmp_path, THEIRS.format(name="theirs", key="their_share", kind="Fraction"))
    assert declared()[0].name == "theirs"
    assert thresholds()[0] == Threshold("their_share", thresholds()[0].type, 0.5, "A share.")
    from resdag.queries.claims import claims

    found = claims(None, "hand", {"confidence": 0.95, "their_share": 0.25}, "digits", ["theirs"])  # type: ignore[arg-type]
    assert found["rule"][0] == "above 25 %"


def test_a_name_or_a_key_that_another_claim_has_is_refused(fresh, monkeypatch, tmp_path) -> None:
    _declares(monkeypatch, tmp_path, THEIRS.format(name="depth", key="their_share", kind="Fraction"))
    with pytest.raises(ResdagError, match="the claim 'depth' is declared elsewhere too"):
        declared()
    _declares(monkeypatch, tmp_path, THEIRS.format(name="theirs", key="depth_rise", kind="Fraction"))
    with pytest.raises(ResdagError, match=r"claims\.depth_rise: .* declare it differently"):
        thresholds()


def test_the_judging_job_depends_on_every_claim() -> None:
    (job,) = plan_study(load_study(TINY)).of_rule("judge_claims")
    assert set(modules("claims").values()) <= set(job.modules)


def test_rules_speak_with_the_study_files_numbers_and_one_spelling() -> None:
    found = judged({}, baseline_error=(0.01, 0.04), reorder_correlation=-0.8)
    assert found["baseline_error"]["rule"] == "mean over seeds in 1 % to 4 %"
    assert "equivalent within 0.5 points" in found["effective_training"]["rule"]
    assert "Spearman of tau and median is below −0.8" in found["reordering"]["rule"]
    assert not [row["claim"] for row in found.values() if "-0" in row["rule"]]
    assert (percent(0.061), points(-0.0123), number(-0.9)) == ("6.1 %", "−1.23 points", "−0.9")


def test_units_are_those_that_a_report_can_print() -> None:
    units = {"fraction", "difference", "blocks", "factor", "ratio", "gate", "exponent", "falls", "images"}
    assert {claim.unit for claim in declared()} == units
    assert all(isinstance(claim, Claim) for claim in declared())


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        ((5, 4, 6), "reproduced"),
        ((5, 2, 6), "inconclusive"),
        ((5, 4, 11), "inconclusive"),
        ((11, 9, 12), "inconclusive"),
        ((12, 11, 13), "not reproduced"),
        ((1, 0, 2), "not reproduced"),
        ((5, None, None), "inconclusive"),
    ],
)
def test_an_interval_that_straddles_an_end_is_inconclusive(interval: tuple, expected: str) -> None:
    assert inside(Interval(*interval), 3, 10) == expected


def test_one_sided_verdicts_and_the_worse_of_two() -> None:
    assert above(Interval(5, 4, 6), 3) == "reproduced"
    assert below(Interval(5, 4, 6), 3) == "not reproduced"
    assert both("reproduced", "inconclusive") == "inconclusive"
    assert both("inconclusive", "not reproduced") == "not reproduced"


def test_of_many_one_is_refuted_by_a_wider_interval_only() -> None:
    within, out, wider = Interval(0, -1, 1), Interval(3, 2.5, 3.5), Interval(3, 1.5, 4.5)
    assert every([within, within], [within, within], -2, 2) == "reproduced"
    assert every([within, out], [within, wider], -2, 2) == "inconclusive"
    assert every([within, out], [within, out], -2, 2) == "not reproduced"


def test_an_interval_of_errors_stays_where_errors_are() -> None:
    assert Interval(0.01, -0.04, 0.06).within(0, 1) == (0.01, 0.0, 0.06)
    assert Interval(0.01, None, None).within(0, 1) == (0.01, None, None)


def test_a_studys_own_names_are_judged() -> None:
    tables = residual(network="mine")
    assert verdict(tables, "single_deletion") == "not run"
    assert verdict(tables, "single_deletion", residual="mine") == "reproduced"


def test_a_claim_on_another_dataset_says_so() -> None:
    assert "judged on digits, not on CIFAR-10" in judge(residual(), "single_deletion", dataset="digits")["detail"]
    assert "judged on" not in judge(seeds(610), "baseline_error")["detail"]
