"""Table `evaluations`."""

from typing import ClassVar

from resdag.records.base import Measured


class Evaluation(Measured):
    """The intact network, once for each way it was measured."""

    table: ClassVar[str] = "evaluations"
    place: ClassVar[int] = 30
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed", "test_scale", "recalibrated")
    test_scale: str
    """How branches were scaled: none, survival, m/n."""
    recalibrated: bool
    """Whether batch-norm statistics were re-estimated on training images."""
