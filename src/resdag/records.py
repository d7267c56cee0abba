"""What a row means: one class for each table of results.duckdb.

The two wings of resdag meet here.  The measuring wing writes rows of these
classes as Parquet; the reading wing makes from the same classes the DDL with
its constraints, the comments of tables and columns, and docs/tables.md.

Conventions: errors are fractions in [0, 1] and stand beside their counts;
block indices count from the input, from 0; so do draws, samples and batches;
epoch 0 is the initialisation; timestamps are UTC.  No column of a key is NULL.
"""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

Count = Annotated[int, Field(ge=0)]
Error = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(ge=0)]


class Record(BaseModel):
    """A row of a table; `table` names it and `key` its columns that tell rows apart."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, allow_inf_nan=False)
    table: ClassVar[str]
    key: ClassVar[tuple[str, ...]]


class _OfStudy(Record):
    study: str
    """The study's name."""


class _OfNetwork(_OfStudy):
    network: str
    """The network's name in the study file."""
    seed: Count
    """Seed of the network's initialisation, batches and augmentation."""


class _Measured(_OfNetwork):
    errors: Count
    """Test images that were misclassified."""
    images: Annotated[int, Field(ge=1)]
    """Test images measured."""
    error: Error
    """errors / images, a fraction."""
    loss: float | None
    """Mean cross-entropy over the images, in nats; NULL where it is not finite."""


class Study(_OfStudy):
    """One study: its config and where its rows come from."""

    table: ClassVar[str] = "studies"
    key: ClassVar[tuple[str, ...]] = ("study",)
    config: Annotated[dict[str, Any], "JSON"]
    """The whole study, defaults filled in, as JSON."""
    git_commit: str | None
    """Commit of the checkout when the database was written; NULL outside a repository."""
    git_dirty: bool | None
    """Whether tracked files differed from that commit."""
    versions: Annotated[dict[str, Any], "JSON"]
    """Versions of Python and the packages that the rows depend on, as JSON."""
    hardware: str
    """Processor, cores, memory and accelerators of the machine of the database job."""
    started_at: datetime
    """When the first job of this study began, UTC."""
    finished_at: datetime
    """When the database job wrote these rows, UTC."""


class Network(_OfNetwork):
    """One trained or loaded network and its error, intact."""

    table: ClassVar[str] = "networks"
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed")
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


class Evaluation(_Measured):
    """The intact network, once for each way it was measured."""

    table: ClassVar[str] = "evaluations"
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed", "test_scale", "recalibrated")
    test_scale: str
    """How branches were scaled: none, survival, m/n."""
    recalibrated: bool
    """Whether batch-norm statistics were re-estimated on training images."""


class Block(_OfNetwork):
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


class Gates(_OfNetwork):
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


class Epoch(_OfNetwork):
    """One epoch of training; epoch 0 is the initialisation."""

    table: ClassVar[str] = "epochs"
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed", "epoch")
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


class Lesion(_Measured):
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


class Reordering(_Measured):
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


class Ensemble(_OfStudy):
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


class PathGradient(_OfNetwork):
    """Norm of the gradient through one sampled path."""

    table: ClassVar[str] = "path_gradients"
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed", "epoch", "path_length", "sample", "measured_at")
    epoch: Count
    """Epochs of training behind the network; 0 is the initialisation, 1 a loaded network, whose epochs are unknown."""
    path_length: Count
    """Blocks whose branch the path enters."""
    sample: Count
    """Which path of this length."""
    measured_at: Literal["input", "first_block"]
    """Where the gradient is taken: the normalised image, or the input of the first block."""
    batch: Count
    """Which batch of training images; several samples share one."""
    norm: Positive
    """L2 norm over the whole batch of the gradient of the mean loss."""
    log10_norm: float | None
    """Base-10 logarithm of the norm, kept where the norm underflows; NULL for a dead path, of norm 0."""


class PathSpectrum(_OfNetwork):
    """The summed gradient of all paths of one length, and the energy of them, over one batch."""

    table: ClassVar[str] = "path_spectrum"
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed", "epoch", "batch", "path_length", "measured_at")
    epoch: Count
    """Epochs of training behind the network; 0 is the initialisation, 1 a loaded network, whose epochs are unknown."""
    batch: Count
    """Which batch of training images."""
    path_length: Count
    """Blocks whose branch the paths enter."""
    measured_at: Literal["input", "first_block"]
    """Where the gradient is taken: the normalised image, or the input of the first block."""
    paths: Positive
    """Number of paths of this length, C(n, length)."""
    norm_of_sum: Positive
    """L2 norm over the whole batch of the sum of the gradients of all these paths, exact."""
    share: float
    """Inner product of that sum with the ordinary gradient over the latter's squared norm: 1 in all over lengths."""
    energy: Positive
    """Sum over these paths of the squared norm of each one's gradient, estimated by random signs."""
    energy_se: Positive
    """Standard error of energy over sign draws, each image with draws of its own, for this batch."""
    sign_draws: Count
    """Random signs drawn for each image and block."""
    coherence: Positive | None
    """norm_of_sum^2 / energy: 1 for independent paths, less where they cancel; NULL where all paths are dead."""


class PathLength(_OfNetwork):
    """How many of a network's 2^n paths have each length, in closed form."""

    table: ClassVar[str] = "path_lengths"
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed", "path_length")
    blocks: Count
    """Residual blocks n of the network."""
    path_length: Count
    """Blocks whose branch the path enters."""
    paths: Positive
    """C(n, length)."""
    fraction: Error
    """paths / 2^n."""


class PathsRemaining(_OfNetwork):
    """Share of the paths of each length that survive the deletion of d blocks, in closed form (eq. 8)."""

    table: ClassVar[str] = "paths_remaining"
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed", "deleted", "path_length")
    blocks: Count
    """Residual blocks n of the network."""
    deleted: Count
    """Blocks deleted, d."""
    path_length: Count
    """Blocks whose branch the path enters, x."""
    fraction: Error
    """C(n - d, x) / C(n, x)."""


class _MeanField(_OfStudy):
    system: Literal["plain", "residual", "full"]
    """plain: x' = tanh(Wx + b); residual: x' = x + tanh(Wx + b); full: x' = x + V tanh(Wx + b) + a."""
    layer: Count
    """Layers behind the state; 0 is the input."""
    power: Positive
    """Mean square of a state's units, p; 1 at the input."""
    cosine: Annotated[float, Field(ge=-1.001, le=1.001)]
    """Cosine between the states of two inputs, e; a little above 1 by rounding where they are equal."""
    log10_gradient: float
    """log10 of the mean squared gradient at layer 0 over that at this layer."""


class MeanField(_MeanField):
    """One layer of one random tanh network: two inputs forward, a random gradient back along the first."""

    table: ClassVar[str] = "mean_field"
    key: ClassVar[tuple[str, ...]] = ("study", "system", "draw", "layer")
    draw: Count
    """Which random network."""
    width: Count
    """Units in each layer."""
    matrices: Literal["formed", "conditioned"]
    """Whether weight matrices were formed, or only their products drawn, conditioned on one another."""


class MeanFieldTheory(_MeanField):
    """One layer of an infinitely wide random tanh network, by the recursion of Yang and Schoenholz (2017)."""

    table: ClassVar[str] = "mean_field_theory"
    key: ClassVar[tuple[str, ...]] = ("study", "system", "layer")
    sigma_w: Positive
    """Standard deviation of the entries of W, times the root of the width."""
    sigma_b: Positive
    """Standard deviation of the entries of b."""
    sigma_v: Positive | None
    """Standard deviation of the entries of V, times the root of the width; NULL but for the full system."""
    sigma_a: Positive | None
    """Standard deviation of the entries of a; NULL but for the full system."""


class Prediction(_OfNetwork):
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


class PairAnswers(_OfNetwork):
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


class Interaction(_OfNetwork):
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


class LesionTest(_OfNetwork):
    """Whether one single deletion changed the network's answers: intact against lesioned on the same images."""

    table: ClassVar[str] = "lesion_tests"
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed", "lesion")
    lesion: str
    """Name of the lesion, as in `lesions`."""
    p: Annotated[float, Field(ge=0, le=1)]
    """Exact McNemar test of broken against repaired images, two-sided."""
    p_holm: Annotated[float, Field(ge=0, le=1)]
    """p after Holm's correction over the single deletions of this network."""


class PathNorm(_OfNetwork):
    """Gradient norms of the sampled paths of one length, and what all paths of that length contribute."""

    table: ClassVar[str] = "path_norms"
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed", "epoch", "path_length", "measured_at")
    epoch: Count
    """Epochs of training behind the network; 0 is the initialisation, 1 a loaded network, whose epochs are unknown."""
    path_length: Count
    """Blocks whose branch the path enters."""
    measured_at: Literal["input", "first_block"]
    """Where the gradient is taken: the normalised image, or the input of the first block."""
    samples: Count
    """Sampled paths of this length, dead ones included."""
    dead: Count
    """Sampled paths of norm exactly 0, left out of the logarithms."""
    mean_norm: Positive
    """Mean norm over all samples, dead ones included as 0."""
    mean_norm_low: Positive | None
    """Lower end of the interval for mean_norm, by resampling batches; NULL with fewer than two batches."""
    mean_norm_high: Positive | None
    """Upper end of the interval for mean_norm, by resampling batches; NULL with fewer than two batches."""
    mean_log10_norm: float | None
    """Mean base-10 logarithm of the norms that are not dead; NULL where all are."""
    sd_log10_norm: Positive | None
    """Standard deviation of those logarithms; NULL with fewer than two."""
    contribution: Error
    """Share of C(n, length) x mean_norm in its sum over all lengths."""
    contribution_low: Error | None
    """Lower end of the interval for contribution, by resampling batches; NULL with fewer than two batches."""
    contribution_high: Error | None
    """Upper end of the interval for contribution, by resampling batches; NULL with fewer than two batches."""


class PathFit(_OfNetwork):
    """The straight line of mean log norm on path length, and the effective paths that follow from the norms."""

    table: ClassVar[str] = "path_fits"
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed", "epoch", "measured_at")
    epoch: Count
    """Epochs of training behind the network; 0 is the initialisation, 1 a loaded network, whose epochs are unknown."""
    measured_at: Literal["input", "first_block"]
    """Where the gradient is taken: the normalised image, or the input of the first block."""
    blocks: Count
    """Residual blocks n of the network."""
    r: Positive
    """Factor by which one more block multiplies the norm: 10 to the slope of the line."""
    r_low: Positive | None
    """Lower end of the interval for r, by resampling batches."""
    r_high: Positive | None
    """Upper end of the interval for r, by resampling batches."""
    intercept_log10: float
    """Base-10 logarithm of the norm that the line gives to length 0."""
    r_squared: float
    """R^2 of the line."""
    lengths_fitted: Count
    """Path lengths with at least one living sample."""
    dead: Count
    """Sampled paths of norm 0, left out of the fit."""
    mean_length: Positive
    """Mean path length, in blocks, weighted by contribution."""
    mean_length_low: Positive | None
    """Lower end of the interval for mean_length, by resampling batches."""
    mean_length_high: Positive | None
    """Upper end of the interval for mean_length, by resampling batches."""
    sd_length: Positive
    """Standard deviation of path length, in blocks, weighted by contribution."""
    window_low: float
    """mean_length - 2 sd_length, in blocks."""
    window_high: float
    """mean_length + 2 sd_length, in blocks."""
    window_share: Error
    """Share of all 2^n paths whose length lies in the window, its ends rounded to whole blocks."""
    binomial_p: Error
    """r / (1 + r): the share of blocks entered that a constant factor r would give."""


class SpectrumNorm(_OfNetwork):
    """The summed gradient and the energy of all paths of one length, over all batches."""

    table: ClassVar[str] = "spectrum_norms"
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed", "epoch", "path_length", "measured_at")
    epoch: Count
    """Epochs of training behind the network; 0 is the initialisation, 1 a loaded network, whose epochs are unknown."""
    path_length: Count
    """Blocks whose branch the paths enter."""
    measured_at: Literal["input", "first_block"]
    """Where the gradient is taken: the normalised image, or the input of the first block."""
    batches: Count
    """Batches of training images measured."""
    norm_of_sum: Positive
    """Norm of the sum over all paths of this length, mean over batches."""
    norm_of_sum_low: Positive | None
    """Lower end of the interval for norm_of_sum, by resampling batches; NULL with fewer than two batches."""
    norm_of_sum_high: Positive | None
    """Upper end of the interval for norm_of_sum, by resampling batches; NULL with fewer than two batches."""
    rms_norm: Positive
    """Root-mean-square norm of a single path of this length: the root of mean energy / C(n, length)."""
    rms_norm_low: Positive | None
    """Lower end of the interval for rms_norm, by resampling batches; NULL with fewer than two batches."""
    rms_norm_high: Positive | None
    """Upper end of the interval for rms_norm, by resampling batches; NULL with fewer than two batches."""
    energy_relative_se: Positive | None
    """Standard error over sign draws of the mean energy, as a part of it; NULL where all paths are dead."""
    coherence: Positive | None
    """Mean squared norm of the sum over mean energy; NULL where all paths are dead."""
    coherence_low: Positive | None
    """Lower end of the interval for coherence, by resampling batches; NULL with fewer than two batches."""
    coherence_high: Positive | None
    """Upper end of the interval for coherence, by resampling batches; NULL with fewer than two batches."""
    summed_contribution: Error
    """Share of norm_of_sum in its sum over all lengths."""
    summed_contribution_low: Error | None
    """Lower end of the interval for summed_contribution, by resampling batches; NULL with fewer than two batches."""
    summed_contribution_high: Error | None
    """Upper end of the interval for summed_contribution, by resampling batches; NULL with fewer than two batches."""
    share: float
    """Share of the ordinary gradient that the sum makes up, mean over batches; below 0 where it opposes it."""
    share_low: float | None
    """Lower end of the interval for share, by resampling batches; NULL with fewer than two batches."""
    share_high: float | None
    """Upper end of the interval for share, by resampling batches; NULL with fewer than two batches."""


class SpectrumWindow(_OfNetwork):
    """The effective path lengths over all paths: each length weighted by the norm of its sum, or by its energy."""

    table: ClassVar[str] = "spectrum_windows"
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed", "epoch", "measured_at")
    epoch: Count
    """Epochs of training behind the network; 0 is the initialisation, 1 a loaded network, whose epochs are unknown."""
    measured_at: Literal["input", "first_block"]
    """Where the gradient is taken: the normalised image, or the input of the first block."""
    blocks: Count
    """Residual blocks n of the network."""
    batches: Count
    """Batches of training images measured."""
    summed_mean_length: Positive
    """Mean path length, in blocks, weighted by norm_of_sum."""
    summed_mean_length_low: float | None
    """Lower end of the interval for summed_mean_length, by resampling batches; NULL with fewer than two batches."""
    summed_mean_length_high: float | None
    """Upper end of the interval for summed_mean_length, by resampling batches; NULL with fewer than two batches."""
    summed_sd_length: Positive
    """Standard deviation of path length, in blocks, weighted by norm_of_sum."""
    summed_low: float
    """summed_mean_length - 2 summed_sd_length, in blocks."""
    summed_low_low: float | None
    """Lower end of the interval for summed_low, by resampling batches; NULL with fewer than two batches."""
    summed_low_high: float | None
    """Upper end of the interval for summed_low, by resampling batches; NULL with fewer than two batches."""
    summed_high: float
    """summed_mean_length + 2 summed_sd_length, in blocks."""
    summed_high_low: float | None
    """Lower end of the interval for summed_high, by resampling batches; NULL with fewer than two batches."""
    summed_high_high: float | None
    """Upper end of the interval for summed_high, by resampling batches; NULL with fewer than two batches."""
    energy_mean_length: Positive | None
    """Mean path length, in blocks, weighted by energy, squared norms of single paths; NULL where all paths are dead."""
    energy_mean_length_low: float | None
    """Lower end of the interval for energy_mean_length, by resampling batches; NULL with fewer than two batches."""
    energy_mean_length_high: float | None
    """Upper end of the interval for energy_mean_length, by resampling batches; NULL with fewer than two batches."""
    energy_low: float | None
    """energy_mean_length less 2 standard deviations of path length weighted by energy, in blocks; NULL likewise."""
    energy_high: float | None
    """energy_mean_length and 2 standard deviations of path length weighted by energy, in blocks; NULL likewise."""
    rms_r: Positive | None
    """Factor by which one more block multiplies rms_norm, from a straight line of its logarithm on length;
    NULL with fewer than two living lengths."""
    rms_r_low: float | None
    """Lower end of the interval for rms_r, by resampling batches; NULL with fewer than two batches."""
    rms_r_high: float | None
    """Upper end of the interval for rms_r, by resampling batches; NULL with fewer than two batches."""


class Comparison(_OfStudy):
    """One network that is held against others, over its seeds: how it differs from them, and its errors."""

    table: ClassVar[str] = "comparisons"
    key: ClassVar[tuple[str, ...]] = ("study", "comparison", "network")
    comparison: Literal["depth", "multiplicity", "blocks_per_batch"]
    """What the networks compared differ in."""
    network: str
    """The network's name in the study file."""
    architecture: str
    """Family of the network: preact_resnet, resnet, plain."""
    depth: Count
    """Weighted layers."""
    blocks: Count
    """Residual blocks of the network, or of a plain one of its shape."""
    convolutions: Annotated[int, Field(ge=1)]
    """Convolutions in each block."""
    parameters: Count
    """Trainable numbers."""
    blocks_per_batch: int | None
    """Blocks computed for each batch in training; NULL where all were."""
    log2_paths: Positive
    """Base-2 logarithm of the number of paths of the whole network: its blocks; 0 for the one path of a plain one."""
    mean_path_length: Positive
    """Mean length, in blocks, of the paths that a batch of the training runs through: half of the blocks computed."""
    seeds: Annotated[int, Field(ge=1)]
    """Networks trained, or one that was loaded."""
    test_error: Error
    """Mean test error over the seeds, a fraction."""
    test_error_low: Error
    """Lower end of its interval: t over seeds; Wilson's, over images, for one seed."""
    test_error_high: Error
    """Upper end of its interval: t over seeds; Wilson's, over images, for one seed."""
    train_error: Error
    """Mean error on the training images over the seeds, unaugmented, batch norm in eval mode, a fraction."""
    train_error_low: Error
    """Lower end of its interval: t over seeds; Wilson's, over images, for one seed."""
    train_error_high: Error
    """Upper end of its interval: t over seeds; Wilson's, over images, for one seed."""


class Claim(_OfStudy):
    """One statement of the paper, and what this study says of it."""

    table: ClassVar[str] = "claims"
    key: ClassVar[tuple[str, ...]] = ("study", "claim")
    claim: str
    """Short, stable name of the statement."""
    statement: str
    """The paper's statement, in our words."""
    figure: str
    """Figure, table or section of the paper that it rests on."""
    paper: str
    """The paper's value."""
    ours: float | None
    """The number measured here; NULL when not run."""
    low: float | None
    """Lower end of the interval for `ours`; NULL where there is none."""
    high: float | None
    """Upper end of the interval for `ours`; NULL where there is none."""
    unit: str
    """Unit of ours, low and high."""
    test: str
    """Interval or test behind the verdict."""
    p: Annotated[float, Field(ge=0, le=1)] | None
    """p-value of that test; NULL where it has none."""
    rule: str
    """When the claim counts as reproduced; numbers from the study file."""
    verdict: Literal["reproduced", "not reproduced", "inconclusive", "not run"]
    """What the rule says."""
    detail: str
    """What else a reader should know: sizes, seeds, which network."""


class Job(_OfStudy):
    """What one job of the workflow cost."""

    table: ClassVar[str] = "jobs"
    key: ClassVar[tuple[str, ...]] = ("study", "rule", "wildcards")
    rule: str
    """Rule of the workflow."""
    wildcards: str
    """What tells the rule's jobs apart: network, seed, chunk."""
    seconds: Positive
    """Wall time, in seconds, start of the process included."""
    max_rss_mb: Positive | None
    """Largest resident memory, in MB; NULL where it was not sampled."""
    device: str | None
    """Device the job ran on; NULL for jobs without one."""


TABLES: tuple[type[Record], ...] = (
    Study, Network, Evaluation, Block, Gates, Epoch, Lesion, Reordering, Ensemble, PathGradient, PathSpectrum,
    PathLength, PathsRemaining, MeanField, MeanFieldTheory, Prediction, PairAnswers, LesionTest, Interaction,
    PathNorm, PathFit, SpectrumNorm, SpectrumWindow, Comparison, Claim, Job,
)  # fmt: skip

BY_NAME: dict[str, type[Record]] = {record.table: record for record in TABLES}
