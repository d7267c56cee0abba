"""Table `gates`."""

from typing import Annotated, ClassVar

from pydantic import Field

from resdag.records.base import Count, Error, OfNetwork, Positive


class Gates(OfNetwork):
    """The learned gates T of one block of a highway network, over test images: 0 hands on the input, 1 the branch."""

    table: ClassVar[str] = "gates"
    place: ClassVar[int] = 50
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed", "epoch", "block")
    epoch: Count
    """Epochs of training behind the network; 0 is the initialisation, 1 a loaded network, whose epochs are unknown."""
    block: Count
    """Index from the input, from 0."""
    images: Annotated[int, Field(ge=1)]
    """Test images measured."""
    units: Annotated[int, Field(ge=1)]
    """Gates of the block for one image: one for each number in its output."""
    mean: Error | None
    """Mean gate over images and units; NULL, as all that follows, where the network has diverged, so that it has no
    number."""
    sd_images: Positive | None
    """Standard deviation over images of the image's mean gate; 0 for one image."""
    image_q05: Error | None
    """5 % quantile over images of the image's mean gate."""
    image_q95: Error | None
    """95 % quantile over images of the image's mean gate."""
    q05: Error | None
    """5 % quantile of single gates over images and units, to within 0.001."""
    q25: Error | None
    """25 % quantile of single gates, to within 0.001."""
    q50: Error | None
    """Median of single gates, to within 0.001."""
    q75: Error | None
    """75 % quantile of single gates, to within 0.001."""
    q95: Error | None
    """95 % quantile of single gates, to within 0.001."""
    below_half: Error | None
    """Share of single gates below 0.5: these hand on more of the input than of the branch."""
