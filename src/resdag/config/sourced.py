"""Networks that others wrote, as entries of `networks`: from torchvision, from timm, or by a function of one's own.

Their blocks are found by tracing (`resdag.models.discovery`), once, in a process that has torch.
"""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, PrivateAttr, SerializationInfo, StringConstraints, field_serializer, model_validator

from resdag.config.base import NUMERIC, Section
from resdag.config.network import Architecture, Deviation, Mean
from resdag.config.weights import SHIPPED, Address, Weights
from resdag.errors import NetworkError
from resdag.planning.structures import Structure, modules_of, structure, versions_of

Argument = str | int | float | bool | None | list[int] | list[float] | list[str]
Side = Annotated[int, Field(ge=8, le=1024), NUMERIC]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]+$", max_length=200)]


class Preprocessing(Section):
    """What the weights were trained on: images resized, cut and normalised so.

    Images that stay in their files, above 64 pixels, are decoded for each network in its own way; smaller ones have
    one size for all, with which `resize`, `crop` and `interpolation` must agree.
    """

    resize: Side | None = None
    """Side in pixels that the shorter one is resized to; where nothing is said, as in the dataset."""
    crop: Side | None = None
    """Side of the square that is cut from the centre; `image_size` of the dataset where nothing is said."""
    interpolation: Literal["bilinear", "bicubic"] | None = None
    """How images are resized; as in the dataset where nothing is said."""
    mean: Annotated[tuple[Mean, ...], Field(min_length=1, max_length=4)]
    """One mean per channel, of pixels in [0, 1]."""
    std: Annotated[tuple[Deviation, ...], Field(min_length=1, max_length=4)]
    """One standard deviation per channel, of pixels in [0, 1]."""


class Sourced(Architecture):
    """A network that someone else wrote."""

    has_skips: ClassVar[bool] = True

    arguments: dict[str, Argument] = Field(default_factory=dict)
    """What the model or the factory is given, by name."""
    weights: Weights | None = None
    """`DEFAULT` or another name that the source gives its weights, the path of a file, or an address and a sum."""
    rename: dict[str, str] = Field(default_factory=dict)
    """For names in the file of weights: how they begin, and what that becomes, as in {"module.": ""}."""
    preprocessing: Literal["weights"] | Preprocessing | None = None
    """What the weights were trained on; `weights`: as their source says; the dataset's statistics where nothing is."""

    @model_validator(mode="after")
    def _one_normalization(self) -> "Sourced":
        if self.normalization is not None and self.preprocessing is not None:
            raise ValueError("preprocessing has mean and std: leave out either preprocessing or normalization")
        return self

    _image: tuple[int, int] = PrivateAttr((3, 224))  # channels and side of the images that it is given
    _square: dict[str, Any] | None = PrivateAttr(None)  # how they are resized and cut, where not as the dataset says

    @property
    def architecture(self) -> str:
        """`torchvision:resnet50`, or `python:package.module:function`."""
        own = self.options()
        return f"{own['source']}:{own.get('model') or own['factory']}"

    @property
    def structure(self) -> Structure:
        """Its blocks, as they were found by tracing; NetworkError where there are none."""
        return structure(self.traced_by())

    def traced_by(self) -> dict[str, Any]:
        """What its blocks are found from."""
        return self.options() | ({"weights": self._published} if self._published else {})

    @property
    def _published(self) -> str | None:
        return None

    @property
    def blocks(self) -> int:
        """Residual blocks of the network."""
        return len(self.structure["blocks"])

    @property
    def deletable(self) -> int:
        """Blocks that the network can run without: all, since each has a skip."""
        return sum(block["deletable"] for block in self.structure["blocks"])

    @property
    def exchangeable(self) -> tuple[int, ...]:
        """Blocks of each form that can change places."""
        return tuple(len(group) for group in self.structure["groups"]) or (0,)

    @property
    def modules(self) -> list[str]:
        """Modules whose code makes the network."""
        return modules_of(self.options())

    @property
    def has_batch_norm(self) -> bool:
        """Whether one was found; networks of tokens have none."""
        return bool(self.structure["batch_norm"])

    def multiply_adds(self, channels: int, side: int) -> float:
        """Of one forward pass of one image, counted when it was traced."""
        return float(self.structure["multiply_adds"])

    def weights_of_layers(self, channels: int, side: int) -> float:
        """All its parameters."""
        return float(self.structure["parameters"])

    def options(self) -> dict[str, Any]:
        """What makes the network: its source, its arguments, and the images that it is made for."""
        kept = {"source", "model", "factory", "arguments"}
        return self.model_dump(mode="json", include=kept) | {"image": list(self._image)}

    def identity(self) -> dict[str, Any]:
        """What makes the network what it is, before its weights."""
        own = self.wanted()
        normalization = {key: own[key] for key in ("mean", "std")} if own else None
        made = {"rename": self.rename, "versions": versions_of(self.options())}
        own_ways = ({"normalization": normalization} if own else {}) | (
            {"square": self._square} if self._square else {}
        )
        return super().identity() | made | own_ways

    def wanted(self) -> dict[str, Any] | None:
        """What the weights were trained on, as far as the study or their source says it."""
        if isinstance(self.preprocessing, Preprocessing):
            return self.preprocessing.model_dump(mode="json")
        asked = self.preprocessing or (self.weights == SHIPPED and self.normalization is None)
        return (self.structure["published"] or {}).get("preprocessing") if asked else None

    def seeing(self, channels: int, side: int, square: dict[str, Any] | None = None) -> "Sourced":
        """The network for images of this form, with the address of weights that its source publishes under a name.

        `square` says how the dataset resizes and cuts images that stay in their files: such are given to each network
        as its weights want them. NetworkError where that cannot be.
        """
        seeing = self.named(channels, side)
        seeing._cut(square)
        return seeing

    def named(self, channels: int, side: int) -> "Sourced":
        """The network for images of this form, before its source is asked what stands behind the name of weights."""
        named = self.model_copy()
        named._image = (channels, side)
        return named

    def _cut(self, square: dict[str, Any] | None) -> None:
        own = self.wanted() if square else None
        if square is None or own is None:
            return
        names = {"side": "crop", "resized": "resize", "interpolation": "interpolation"}
        wanted = {key: own[name] or square[key] for key, name in names.items()}
        if wanted["resized"] < wanted["side"]:
            raise NetworkError(
                f"preprocessing: a square of {wanted['side']} cannot be cut from images resized to "
                f"{wanted['resized']}: write a larger resize"
            )
        self._square = wanted if wanted != square else None
        self._image = (self._image[0], wanted["side"])


class Torchvision(Sourced):
    """A model of torchvision, by its name there."""

    source: Literal["torchvision"]
    model: Name
    """Its name, as in `torchvision.models.list_models()`: resnet50, vit_b_16, ..."""

    _name: str | None = PrivateAttr(None)

    @field_serializer("weights")
    def _as_given(self, weights: Any, info: SerializationInfo) -> Any:
        """The name that the study file gave, from which a dumped study finds address and preprocessing again."""
        return self._name or (weights.model_dump(mode=info.mode) if isinstance(weights, Address) else weights)

    @property
    def _published(self) -> str | None:
        return self._name

    def seeing(self, channels: int, side: int, square: dict[str, Any] | None = None) -> "Sourced":
        """Likewise; weights by name become the address and the sum that torchvision publishes."""
        seeing = self.named(channels, side)
        if seeing._name:
            published = seeing.structure["published"]
            address = Address(url=published["url"], sha256=published["sha256"])
            preprocessing = self.preprocessing or (None if self.normalization else "weights")
            own = {"weights": address, "preprocessing": preprocessing}
            seeing = seeing.model_copy(update=own)
        seeing._cut(square)
        return seeing

    def named(self, channels: int, side: int) -> "Torchvision":
        """Likewise, with the name of its weights."""
        named = super().named(channels, side)
        assert isinstance(named, Torchvision)
        named._name = self._published_name
        return named

    @property
    def _published_name(self) -> str | None:
        weights = self.weights
        return weights if isinstance(weights, str) and weights.isupper() and "." not in weights else None

    @model_validator(mode="after")
    def _weights_without_a_name_say_nothing(self) -> "Torchvision":
        if self.preprocessing == "weights" and self._published_name is None:
            raise ValueError("only weights that torchvision publishes under a name say it: give mean and std")
        return self


class Timm(Sourced):
    """A model of timm, by its name there; timm is an extra of resdag."""

    source: Literal["timm"]
    model: Name
    """Its name, as in `timm.list_models()`: resnetv2_50, convnext_tiny.fb_in1k, ..."""


class Python(Sourced):
    """What a function of yours returns: a `torch.nn.Module` that gives logits."""

    source: Literal["python"]
    factory: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$", max_length=400)]
    """`package.module:function`, of a package that is installed or lies in the checkout; its weights may be its own."""

    @model_validator(mode="after")
    def _nothing_is_published(self) -> "Python":
        if self.preprocessing == "weights":
            raise ValueError("a function does not say what its weights were trained on: give mean and std")
        return self
