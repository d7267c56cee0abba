"""How few blocks per batch are enough, and how short are the paths trained then? (beyond the paper's 23 of 54)"""

import altair as alt
import polars as pl

from resdag.figures.compared import both_errors, one_seed, with_interval
from resdag.figures.theme import Panel, Style, ceiling, colour, dash, error_axis, finish, finite, sign, signs
from resdag.figures.words import Config, few, listed, section

VIEW = "figure_blocks_per_batch"
ORDER = 130
PAPER = None
CLAIMS = ("effective_training", "effective_training_narrow")
ESSENTIAL = ("compare_networks",)
STUDY_HAS = ("comparisons.blocks_per_batch",)
TITLE = "Training on fewer blocks in each batch"
CAPTION = (
    "Error after the last epoch over the number of blocks m that each batch of the training computed, all else equal; "
    "below it, the mean length m/2 of the paths trained. The rightmost network was trained on all of its blocks; the "
    "grey band is the interval of its test error. Bars are intervals: t over seeds, or Wilson's over images for a "
    "single seed. At test time all blocks run, each branch scaled as the study says, by m/n unless it says otherwise."
)
SPLITS = {"test_error": "test error", "train_error": "training error"}


def draw(frame: pl.DataFrame, style: Style) -> alt.TopLevelMixin:
    """The chart of the view's rows: one panel."""
    rows = finite(frame, "test_error").sort("computed", "network")
    panel = _panel(rows).properties(width=style.width, height=style.height)
    return finish(panel, style)


def _panel(rows: pl.DataFrame) -> Panel:
    kinds = list(SPLITS.values())
    blocks = int(rows["blocks"].max())  # type: ignore[arg-type]
    axis = alt.Axis(
        values=rows["computed"].unique().sort().to_list(), labelOverlap=True,
        labelExpr="datum.value + ' (' + datum.value / 2 + ')'",
    )  # fmt: skip
    scale = alt.Scale(domain=[0, 1.05 * blocks], nice=False)
    title = f"blocks computed in each batch, of {blocks} (mean length of the paths trained)"
    base = alt.Chart(_long(rows).with_columns(signs("kind", kinds))).encode(
        x=alt.X("computed:Q", title=title, axis=axis, scale=scale), color=colour("kind", kinds),
    )  # fmt: skip
    y = error_axis("error", (0, ceiling(rows, *(f"{split}_high" for split in SPLITS))), "error")
    band = alt.Chart(rows.filter("whole")).mark_rect(style="grey", opacity=0.18)
    return alt.layer(
        band.encode(y=alt.Y("test_error_low:Q"), y2="test_error_high:Q"),
        base.mark_rule(strokeWidth=1.2, opacity=0.7).encode(y=alt.Y("low:Q"), y2="high:Q"),
        base.mark_line().encode(y=y, strokeDash=dash("kind", kinds)),
        base.mark_point(filled=True, size=50, opacity=1).encode(y=y, shape=sign(kinds), tooltip=_tooltip()),
    )


def _long(rows: pl.DataFrame) -> pl.DataFrame:
    """One row for each network and kind of error."""
    of = ("network", "computed", "blocks", "mean_path_length", "seeds")
    return pl.concat(
        rows.select(*of, kind=pl.lit(kind), error=split, low=f"{split}_low", high=f"{split}_high")
        for split, kind in SPLITS.items()
    )


def _tooltip() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("network:N"), alt.Tooltip("computed:Q", title="blocks per batch"), alt.Tooltip("blocks:Q"),
        alt.Tooltip("mean_path_length:Q", title="mean path length"), alt.Tooltip("seeds:Q"), alt.Tooltip("kind:N"),
        *(alt.Tooltip(f"{name}:Q", format=".2%") for name in ("error", "low", "high")),
    ]  # fmt: skip


def method(config: Config) -> str:
    """Which networks, and what else differs."""
    compared = section(config, "comparisons.blocks_per_batch")
    return "" if compared is None else (
        f"Networks: {listed(compared['networks'])}; so many blocks are drawn uniformly for every batch, and only these "
        "are computed, forward and backward. All are trained for as many epochs, in which a block that takes part in "
        "fewer batches is updated by a gradient less often: what is lost may be training time as well as paths."
    )  # fmt: skip


def finding(rows: pl.DataFrame) -> str | None:
    """Test error with all blocks, and with the fewest."""
    ordered = rows.sort("computed", "network", descending=[True, False])
    trained_on_all, on_some = ordered.filter("whole"), ordered.filter(~pl.col("whole"))
    if trained_on_all.is_empty() or on_some.is_empty():
        return None
    whole, fewest = trained_on_all.row(0, named=True), on_some.row(-1, named=True)
    return (
        f"Test error is {with_interval(whole, 'test')} with all {whole['blocks']} blocks in every batch and "
        f"{with_interval(fewest, 'test')} with {fewest['computed']} (mean path length {fewest['mean_path_length']:g} "
        f"blocks){one_seed(rows)}."
    )


def table(rows: pl.DataFrame) -> pl.DataFrame:
    """Both errors of each network."""
    sizes = {"computed": "blocks per batch", "mean_path_length": "mean path length (blocks)"}
    ordered = rows.sort("computed", "network").rename(sizes)
    return few(ordered.select("network", *sizes.values(), "seeds", *both_errors()))
