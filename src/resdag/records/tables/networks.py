"""Table `networks`."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from resdag.records.base import Count, Error, OfNetwork, Positive


class Network(OfNetwork):
    """One trained or loaded network and its error, intact."""

    table: ClassVar[str] = "networks"
    place: ClassVar[int] = 20
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed")
    provenance: ClassVar[tuple[str, ...]] = ("checkpoint_sha256", "device", "train_seconds")
    architecture: str
    """Family of the network: preact_resnet, resnet, highway, plain, preact_bottleneck, vgg; of one of others its
    source, as in torchvision:resnet50."""
    depth: Count | None
    """Weighted layers; NULL for networks of others."""
    blocks: Count
    """Residual blocks, or layers of a VGG, that the network is made of."""
    convolutions: int | None
    """Convolutions in each block; NULL for a VGG, whose layers hold one, and for networks of others."""
    parameters: Count
    """Trainable numbers."""
    classes: Annotated[int, Field(ge=1)] | None
    """Classes that it tells apart; NULL in rows from before this was kept."""
    shortcut: str | None
    """Skip where the shape changes: subsample or projection; NULL where there is none."""
    first_block: str | None
    """plain or shared (pre-activation networks); NULL elsewhere."""
    options: Annotated[dict[str, Any], "JSON"]
    """Every option that built the network, as JSON."""
    recipe: Annotated[dict[str, Any] | None, "JSON"]
    """The recipe that trained it, as JSON; NULL for loaded networks."""
    precision: str | None
    """Arithmetic of the convolutions in training, whatever the recipe left open: float32 or bfloat16; NULL for loaded
    networks, and in rows from before this was kept."""
    stochastic_depth: float | None
    """Survival probability of the last block in training; NULL without stochastic depth."""
    blocks_per_batch: int | None
    """Blocks computed for each batch in training; NULL where all were."""
    source: Literal["trained", "loaded"]
    """Whether the weights were trained here or loaded."""
    checkpoint_sha256: str
    """SHA-256 of the weights file."""
    device: str
    """Device that trained the network; for a loaded network, the one that measured it."""
    train_seconds: Positive | None
    """Time of training, in seconds, over all its parts; NULL for loaded networks."""
    test_scale: str
    """How branches are scaled at test time: none, survival (stochastic depth), m/n (effective paths)."""
    test_errors: Count
    """Test images misclassified by the intact network."""
    test_images: Annotated[int, Field(ge=1)]
    """Test images measured."""
    test_error: Error
    """test_errors / test_images, a fraction."""
    test_loss: float | None
    """Mean cross-entropy on the test images, in nats; NULL where it is not finite."""
    diverged: bool | None = None
    """Whether training ended in weights or outputs that are no finite numbers: then errors are of a network that says
    nothing, and what cannot be measured of it is NULL in other tables. NULL in rows from before this was kept."""
    train_errors: Count
    """Training images misclassified, unaugmented, batch norm in eval mode."""
    train_images: Annotated[int, Field(ge=1)]
    """Training images measured."""
