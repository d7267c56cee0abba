"""The `claims` and `figures` sections: the verdict rules, fixed before a run, and how figures look.

What all claims share stands here; every other key of `claims` is declared by the claims that need it (`claim`).
"""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field, create_model, field_validator

from resdag.config.base import NUMERIC, NetworkName, Section
from resdag.config.claim import thresholds

FigureName = Annotated[str, Field(pattern=r"^figure_[a-z0-9_]+$", max_length=60)]
GENERIC_FONTS = ("sans-serif", "serif", "monospace")
# What XML cannot hold, or would read as markup, ends the drawing of an SVG with an abort; the rest would end a style.
FONTS = r"^[^\x00-\x1f\x7f-\x9f<>&{};\\\uFFFE\uFFFF]+$"


class Shared(Section):
    """What all rules share."""

    confidence: Annotated[float, Field(ge=0.5, lt=1), NUMERIC] = 0.95
    """Coverage of intervals, here and in figures; tests use 1 - confidence."""
    residual: NetworkName = "resnet110"
    """The network that the paper's statements about ResNet-110 are judged on; a study's only residual one by itself."""


if TYPE_CHECKING:
    Claims = Shared
else:
    Claims = create_model(
        "Claims",
        __base__=Shared,
        __module__=__name__,
        __doc__="The rules that turn numbers into verdicts. Errors are fractions: 0.01 is one point.",
        **{each.key: (each.type, Field(each.default, description=each.description)) for each in thresholds()},
    )


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
