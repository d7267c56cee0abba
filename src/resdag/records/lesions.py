"""Networks with blocks deleted, reordered or repeated, and tests of what that did."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from resdag.records.base import Count, Measured, OfNetwork


class Lesion(Measured):
    """One network under one deletion, or intact."""

    table: ClassVar[str] = "lesions"
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed", "lesion")
    lesion: str
    """Stable name: intact, single-018, random-k10-d003, skip-018, pair-003-017, run-012-004 (start, length),
    repeat-018-x2 (block, times that it runs); a name that ends in +bn is recalibrated."""
    experiment: str
    """intact, single, random, pair, run: blocks deleted; skip: a skip deleted and its branch kept;
    repeat: a block run several times in a row."""
    count: Count
    """Blocks deleted, or skips; 0 where a block is repeated."""
    draw: Count | None
    """Which random choice; NULL where nothing is drawn."""
    deleted: list[int]
    """Indices of the deleted blocks, ascending; in experiment skip, of the block whose skip is deleted."""
    repeated: list[int] | None
    """The block that runs again, once for each time beyond the first: [18, 18] runs it three times; NULL elsewhere."""
    recalibrated: bool
    """Whether batch-norm statistics were re-estimated after the lesion."""
    broken: Count
    """Images right before and wrong after."""
    repaired: Count
    """Images wrong before and right after."""


class Reordering(Measured):
    """One network with its blocks in another order."""

    table: ClassVar[str] = "reorderings"
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed", "reordering")
    reordering: str
    """Stable name: swaps-08-d003, shuffle-d003, reversal."""
    experiment: Literal["identity", "swaps", "shuffle", "reversal"]
    """How the order was made."""
    swaps: Count | None
    """Random swaps, one after another; NULL for a shuffle or a reversal."""
    draw: Count | None
    """Which random choice; NULL where nothing is drawn."""
    permutation: list[int]
    """permutation[i] is the block that runs at place i."""
    kendall_tau: Annotated[float, Field(ge=-1, le=1)]
    """Kendall's tau between this order and the trained one, over all blocks."""
    broken: Count
    """Images right before and wrong after."""
    repaired: Count
    """Images wrong before and right after."""


class PairAnswers(OfNetwork):
    """How the answers under two deletions, each alone and both together, compare image by image.

    An image's z is wrong under both, less wrong under the first and under the second, plus wrong intact, each 1 or 0.
    """

    table: ClassVar[str] = "pair_answers"
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


class LesionTest(OfNetwork):
    """Whether one single deletion changed the network's answers: intact against lesioned on the same images."""

    table: ClassVar[str] = "lesion_tests"
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed", "lesion")
    lesion: str
    """Name of the lesion, as in `lesions`."""
    p: Annotated[float, Field(ge=0, le=1)]
    """Exact McNemar test of broken against repaired images, two-sided."""
    p_holm: Annotated[float, Field(ge=0, le=1)]
    """p after Holm's correction over the single deletions of this network."""


class Interaction(OfNetwork):
    """What two deletions do to the error beyond the sum of what each does, with interval and test."""

    table: ClassVar[str] = "interactions"
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed", "first", "second")
    first: Count
    """Index of the earlier block of the pair."""
    second: Count
    """Index of the later block of the pair."""
    change: float
    """Error with both blocks deleted less that of the intact network, a fraction."""
    change_first: float
    """Change of error when the earlier block alone is deleted, a fraction."""
    change_second: float
    """Change of error when the later block alone is deleted, a fraction."""
    interaction: float
    """change - change_first - change_second, a fraction: above 0 the two together hurt more than their sum."""
    low: float
    """Lower end of the interval of this interaction by itself, over images (Agresti and Min 2005)."""
    high: float
    """Upper end of that interval."""
    p: Annotated[float, Field(ge=0, le=1)]
    """Exact test that z and -z are equally likely, two-sided; McNemar's where no z is 2 in size."""
    p_holm: Annotated[float, Field(ge=0, le=1)]
    """p after Holm's correction over all pairs of this network and seed."""
    significant: bool
    """Whether p_holm is below 1 - the study's confidence."""
