"""docs/imagenet.md against the rows that are kept: no number of the page is another one."""

from pathlib import Path
from statistics import median

import polars as pl
import pytest

from resdag.config.load import parse_study, read_yaml
from resdag.report.kept import judged
from resdag.report.markdown import claims_table
from resdag.store.sides import in_folder

pytestmark = pytest.mark.workflow

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "data/reference/imagenet-sample"
PAGE = (ROOT / "docs/imagenet.md").read_text(encoding="utf-8")
NETWORKS = {
    "efficientnet-lite0": ("EfficientNet-Lite0", "9 of 16"),
    "efficientnet-lite1": ("EfficientNet-Lite1", "14 of 21"),
}


def line(begins: str) -> list[str]:
    """Cells of the row of a table that begins so."""
    (found,) = [line for line in PAGE.splitlines() if line.startswith(f"| {begins}")]
    return [cell.strip() for cell in found.strip("|").split("|")]


def lesions(network: str, experiment: str) -> pl.DataFrame:
    rows = pl.read_parquet(KEPT / "lesions.parquet")
    return rows.filter(network=network, experiment=experiment, recalibrated=False).sort("lesion")


@pytest.mark.parametrize("network", NETWORKS)
def test_the_page_says_what_one_deletion_costs(network: str) -> None:
    name, blocks = NETWORKS[network]
    (intact,) = lesions(network, "intact")["errors"]
    single = lesions(network, "single").with_columns(change=(pl.col("errors") - intact) / 10)
    worst = single.sort("change").row(-1, named=True)
    tests = pl.read_parquet(KEPT / "lesion_tests.parquet").filter(
        pl.col("lesion").str.starts_with("single-"), network=network
    )
    assert line(f"{name} | {blocks}") == [
        name, blocks, str(intact), f"{median(single['change'].abs()):.3g} points",
        f"+{worst['change']:.1f}, block {worst['deleted'][0]}",
        f"{tests.filter(pl.col('p_holm') < 0.05).height} of {single.height}",
    ]  # fmt: skip
    assert set(single["images"]) == {1000} and single.height == int(blocks.split()[0])


def test_the_page_says_what_several_deletions_cost() -> None:
    counts = [int(count) for count in line("blocks deleted")[1:]]
    for network, begins in (
        ("efficientnet-lite0", "EfficientNet-Lite0, wrong of 1,000"),
        ("efficientnet-lite1", "EfficientNet-Lite1 | 119"),
    ):
        rows = lesions(network, "random")
        medians = [median(rows.filter(count=count)["errors"]) for count in counts]
        assert line(begins)[1:] == [str(each) for each in medians]
        assert rows.group_by("count").len()["len"].unique().to_list() == [5]
    assert f"{1000 - lesions('efficientnet-lite0', 'random').filter(count=9)['errors'][0]} of\n1,000" in PAGE


def test_the_page_says_by_what_a_further_block_multiplies_a_gradient() -> None:
    paths = pl.read_parquet(KEPT / "path_fits.parquet").filter(network="efficientnet-lite0", measured_at="input")
    assert f"by {paths['r'].item():.2f} in Lite0" in PAGE


def test_no_answer_is_missing_and_counts_follow_from_the_answers() -> None:
    answers = pl.read_parquet(KEPT / "predictions.parquet")
    assert answers.height == (9 + 14) * 1000
    wrong = answers.group_by("network", "lesion").agg(errors=(pl.col("label") != pl.col("predicted")).sum())
    rows = pl.concat([lesions(network, "single") for network in NETWORKS])
    assert rows.join(wrong, on=["network", "lesion", "errors"]).height == rows.height == 23


def test_the_verdicts_of_the_page_are_those_of_the_rows_by_todays_rules() -> None:
    study = parse_study(read_yaml(KEPT / "imagenet-sample.yaml"), to_run=False)
    claims = judged(study, in_folder(KEPT)[1])["claims"]
    table = claims_table(claims).splitlines()[2:]
    said = [each for each in PAGE.splitlines() if each.startswith("| ") and each in table]
    assert len(said) == 6
    assert any("On ImageNet too" in each and each.endswith("| inconclusive |") for each in said)
    assert "single_deletion_peaks" not in set(
        claims.filter(pl.col("verdict") != "not run")["claim"]
    )  # no block to ask it of
