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
    mean: Error
    """Mean gate over images and units."""
    sd_images: Positive
    """Standard deviation over images of the image's mean gate; 0 for one image."""
    image_q05: Error
    """5 % quantile over images of the image's mean gate."""
    image_q95: Error
    """95 % quantile over images of the image's mean gate."""
    q05: Error
    """5 % quantile of single gates over images and units, to within 0.001."""
    q25: Error
    """25 % quantile of single gates, to within 0.001."""
    q50: Error
    """Median of single gates, to within 0.001."""
    q75: Error
    """75 % quantile of single gates, to within 0.001."""
    q95: Error
    """95 % quantile of single gates, to within 0.001."""
    below_half: Error
    """Share of single gates below 0.5: these hand on more of the input than of the branch."""
