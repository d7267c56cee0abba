"""Table `pair_answers`."""

from typing import Annotated, ClassVar

from pydantic import Field

from resdag.records.base import Count, OfNetwork


class PairAnswers(OfNetwork):
    """How the answers under two deletions, each alone and both together, compare image by image.

    An image's z is wrong under both, less wrong under the first and under the second, plus wrong intact, each 1 or 0.
    """

    table: ClassVar[str] = "pair_answers"
    place: ClassVar[int] = 170
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed", "first", "second")
    first: Count
    """Index of the earlier block of the pair."""
    second: Count
    """Index of the later block of the pair."""
    images: Annotated[int, Field(ge=1)]
    """Test images measured."""
    intact_errors: Count
    """Images misclassified by the intact network."""
    first_errors: Count
    """Images misclassified with the earlier block deleted."""
    second_errors: Count
    """Images misclassified with the later block deleted."""
    errors: Count
    """Images misclassified with both deleted."""
    minus_two: Count
    """Images whose z is -2: wrong under each deletion, right under both and intact."""
    minus_one: Count
    """Images whose z is -1."""
    plus_one: Count
    """Images whose z is 1."""
    plus_two: Count
    """Images whose z is 2: right under each deletion, wrong under both and intact."""
