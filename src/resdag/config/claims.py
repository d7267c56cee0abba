"""The `claims` and `figures` sections: the verdict rules, fixed before a run, and how figures look."""

from typing import Annotated

from pydantic import Field, field_validator

from resdag.config.base import NUMERIC, Count, Fraction, Index, NetworkName, Number, Section

Correlation = Annotated[float, Field(ge=-1, le=1), NUMERIC]
Range = tuple[Number, Number]
FigureName = Annotated[str, Field(pattern=r"^figure_[a-z0-9_]+$", max_length=60)]
GENERIC_FONTS = ("sans-serif", "serif", "monospace")
# What XML cannot hold, or would read as markup, ends the drawing of an SVG with an abort; the rest would end a style.
FONTS = r"^[^\x00-\x1f\x7f-\x9f<>&{};\\\uFFFE\uFFFF]+$"


class Claims(Section):
    """The rules that turn numbers into verdicts. Errors are fractions: 0.01 is one point."""

    confidence: Annotated[float, Field(ge=0.5, lt=1), NUMERIC] = 0.95
    """Coverage of the intervals; tests use 1 - confidence."""
    residual: NetworkName = "resnet110"
    """The network that the paper's statements about ResNet-110 are judged on."""
    vgg: NetworkName = "vgg15"
    """The network that the statements about VGG are judged on."""
    stochastic_depth: NetworkName = "resnet110-stochastic-depth"
    """The network trained with stochastic depth, compared with `residual`."""
    effective_paths: NetworkName = "resnet110-effective-paths"
    """The network trained on effective paths only, compared with `residual`."""
    highway: NetworkName = "highway110"
    """The highway network whose gates are judged."""
    highway_frozen: NetworkName = "highway110-frozen"
    """The highway network whose gates are frozen at one half, compared with `highway_identity`."""
    highway_identity: NetworkName = "resnet110-original"
    """The residual network of the same blocks, with identity skips."""
    baseline_error: Range = (0.057, 0.068)
    """Mean test error of the residual network over seeds lies in here."""
    single_median_change: Fraction = 0.01
    """Median absolute change of error over single deletions of blocks that keep their shape: below this."""
    single_worst: Count = 5
    """Both blocks that change shape are among so many worst single deletions."""
    vgg_error: Fraction = 0.8
    """Every single deletion of a VGG layer gives more error than this."""
    random_count: Count = 10
    """The k at which random deletion is held to `random_error`."""
    random_error: Range = (0.10, 0.35)
    """Median error at `random_count` deletions lies in here."""
    severe_count: Count = 20
    """The k at which the paper calls the damage severe."""
    severe_error: Fraction = 0.5
    """Median error at `severe_count` is above this."""
    random_correlation: Correlation = 0.9
    """Spearman correlation of k and error is above this."""
    reorder_correlation: Correlation = -0.9
    """Spearman correlation of Kendall's tau and error is below this."""
    reorder_tau: Fraction = 0.7
    """Reorderings with tau from 1 down to this are judged."""
    path_length_share: Fraction = 0.95
    """Share of all paths within `path_length_range` is above this."""
    path_length_range: tuple[Index, Index] = (19, 35)
    """Path lengths that the paper says hold most paths of 54 blocks."""
    gradient_r_squared: Fraction = 0.95
    """R^2 of the straight line of mean log norm on path length is above this."""
    gradient_r: Range = (0.15, 0.45)
    """The factor r by which one more block multiplies the norm lies in here."""
    effective_window: tuple[Index, Index] = (2, 25)
    """The measured window of effective path lengths, in blocks, lies inside."""
    effective_share: Fraction = 0.05
    """Share of all paths in the measured window is below this."""
    summed_window: tuple[Index, Index] = (2, 25)
    """The window of path lengths, weighted by the norm of the sum over all paths of each, lies inside, in blocks."""
    ensemble: NetworkName = "resnet110"
    """The network whose explicit ensembles are held against deletions in `residual`."""
    halving_margin: Annotated[float, Field(gt=0, le=1), NUMERIC] = 0.005
    """Halving the paths of `residual` costs as much error as halving the members of `ensemble` if closer than this."""
    prediction_distance: Fraction = 0.05
    """Error after random deletion that equation 8 predicts less the mean error, root mean square: below this."""
    prediction_correlation: Correlation = -0.9
    """Spearman correlation of the share of paths left, by their energy, and the error is below this."""
    equivalence_margin: Annotated[float, Field(gt=0, le=1), NUMERIC] = 0.005
    """Effective-path training, frozen gates: mean test errors closer than this count as equal (two one-sided tests)."""
    mean_field_deviation: Annotated[float, Field(gt=0), NUMERIC] = 3.0
    """Standard errors by which simulated random networks may differ from the mean-field recursion."""
    mean_field_share: Fraction = 0.9
    """Share of layers and quantities of each system that lie within `mean_field_deviation`, at least."""
    mean_field_layers: tuple[Count, Count] = (300, 1500)
    """Layers of the recursion over which the exponent of the cosine is fitted."""
    mean_field_margin: Annotated[float, Field(gt=0), NUMERIC] = 0.03
    """The fitted exponent differs from 2/pi - 1 by less than this."""
    highway_gate: Fraction = 0.5
    """Median over blocks of the mean gate of the highway network: below this."""
    depth_rise: Fraction = 0.01
    """Training error, deepest less shallowest: above this without skips, below it with them."""
    multiplicity_damage: Fraction = 0.0
    """Mean change of error for each layer deleted, network of fewest paths less that of most: above this."""
    blocks_per_batch_share: Fraction = 0.43
    """Training on this share of the blocks, or on less, is equivalent to all within `equivalence_margin`."""

    @field_validator(
        "baseline_error", "random_error", "path_length_range", "gradient_r", "effective_window", "summed_window",
        "mean_field_layers",
    )  # fmt: skip
    @classmethod
    def _rising(cls, ends: Range) -> Range:
        if ends[0] >= ends[1]:
            raise ValueError("the lower end must stand first")
        return ends


class Figures(Section):
    """How figures look."""

    width: Annotated[int, Field(ge=100, le=4000), NUMERIC] = 560
    """Width of the plotting area, in pixels."""
    height: Annotated[int, Field(ge=100, le=4000), NUMERIC] = 300
    """Height of the plotting area, in pixels."""
    font: Annotated[str, Field(pattern=FONTS, max_length=400)] = "Helvetica, Arial, sans-serif"
    """Fonts in the order of preference; the list ends in a generic family."""
    font_size: Annotated[int, Field(ge=6, le=40), NUMERIC] = 12
    """Size of axis labels; titles are larger by a quarter."""
    png_scale: Annotated[float, Field(ge=0.5, le=8), NUMERIC] = 2.0
    """Pixels of the PNG for each pixel of the SVG."""
    styles: dict[FigureName, "FigureStyle"] = Field(default_factory=dict)
    """What single figures change, by name: `figure_3: {height: 400}`."""

    @field_validator("font")
    @classmethod
    def _ends_in_a_generic_family(cls, font: str) -> str:
        if font.split(",")[-1].strip() not in GENERIC_FONTS:
            raise ValueError(f"the list must end in one of {', '.join(GENERIC_FONTS)}: an unknown font draws no text")
        return font


class FigureStyle(Section):
    """What one figure changes of the `figures` section."""

    width: Annotated[int, Field(ge=100, le=4000), NUMERIC] | None = None
    """Width of the plotting area, in pixels."""
    height: Annotated[int, Field(ge=100, le=4000), NUMERIC] | None = None
    """Height of the plotting area, in pixels."""


Figures.model_rebuild()
