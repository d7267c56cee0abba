"""Table `epochs`."""

from typing import ClassVar

from resdag.records.base import Count, Error, OfNetwork, Positive


class Epoch(OfNetwork):
    """One epoch of training; epoch 0 is the initialisation."""

    table: ClassVar[str] = "epochs"
    place: ClassVar[int] = 60
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed", "epoch")
    provenance: ClassVar[tuple[str, ...]] = ("seconds",)
    epoch: Count
    """Epochs completed; 0 is the initialisation."""
    learning_rate: Positive | None
    """Learning rate of the epoch's last step; NULL at epoch 0."""
    train_loss: float | None
    """Mean cross-entropy over the epoch's augmented batches, in nats; NULL at epoch 0 or not finite."""
    train_error: Error | None
    """Share of the epoch's augmented images misclassified in train mode; NULL at epoch 0."""
    test_error: Error | None
    """Test error after the epoch, a fraction; NULL where it was not measured."""
    seconds: Positive
    """Time of the epoch without its test, in seconds."""
