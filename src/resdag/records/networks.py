"""Networks: what they are, their training, their answers alone and averaged."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from resdag.records.base import Count, Error, Measured, OfNetwork, OfStudy, Positive


class Network(OfNetwork):
    """One trained or loaded network and its error, intact."""

    table: ClassVar[str] = "networks"
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed")
    provenance: ClassVar[tuple[str, ...]] = ("checkpoint_sha256", "device", "train_seconds")
    architecture: str
    """Family of the network: preact_resnet, resnet, highway, plain, vgg."""
    depth: Count
    """Weighted layers."""
    blocks: Count
    """Residual blocks, or layers of a VGG, that the network is made of."""
    convolutions: int | None
    """Convolutions in each block; NULL for a VGG, whose layers hold one."""
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
    train_errors: Count
    """Training images misclassified, unaugmented, batch norm in eval mode."""
    train_images: Annotated[int, Field(ge=1)]
    """Training images measured."""


class Block(OfNetwork):
    """One block of a network, or one layer of a VGG."""

    table: ClassVar[str] = "blocks"
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed", "block")
    block: Count
    """Index from the input, from 0."""
    stage: Count
    """Stage, or VGG group, from 0."""
    channels: Count
    """Channels of the block's output."""
    changes_shape: bool
    """Whether output and input differ in shape."""
    deletable: bool
    """Whether the network can run without the block."""
    reorderable: bool
    """Whether the block may take the place of another of equal shape."""


class Gates(OfNetwork):
    """The learned gates T of one block of a highway network, over test images: 0 hands on the input, 1 the branch."""

    table: ClassVar[str] = "gates"
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


class Epoch(OfNetwork):
    """One epoch of training; epoch 0 is the initialisation."""

    table: ClassVar[str] = "epochs"
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


class Evaluation(Measured):
    """The intact network, once for each way it was measured."""

    table: ClassVar[str] = "evaluations"
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed", "test_scale", "recalibrated")
    test_scale: str
    """How branches were scaled: none, survival, m/n."""
    recalibrated: bool
    """Whether batch-norm statistics were re-estimated on training images."""


class Prediction(OfNetwork):
    """What a network said of one test image under one lesion."""

    table: ClassVar[str] = "predictions"
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed", "lesion", "image")
    lesion: str
    """Name of the lesion, as in `lesions`."""
    image: Count
    """Index in the test set, from 0."""
    label: Count
    """Class of the image."""
    predicted: Count
    """Class that the network gave it."""


class Ensemble(OfStudy):
    """Networks of one entry trained from different seeds, their class probabilities averaged."""

    table: ClassVar[str] = "ensembles"
    key: ClassVar[tuple[str, ...]] = ("study", "network", "members", "draw")
    network: str
    """The network's name in the study file."""
    members: Annotated[int, Field(ge=1)]
    """Networks averaged, M."""
    draw: Count
    """Which set of so many seeds."""
    seeds: list[int]
    """Seeds of the networks averaged."""
    errors: Count
    """Test images that the average misclassified."""
    images: Annotated[int, Field(ge=1)]
    """Test images measured."""
    error: Error
    """errors / images, a fraction."""
    loss: float | None
    """Mean cross-entropy of the averaged probabilities, in nats; NULL where it is not finite."""
    member_error: Error
    """Mean error of its members, each by itself, a fraction."""
    disagreement: Error | None
    """Share of images that two members classify differently, mean over pairs of members; NULL for one member."""
