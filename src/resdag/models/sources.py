"""Where do networks that others wrote come from?  torchvision, timm, or a function of one's own.

`options` say which, as they stand in a study file: `source`, `model` or `factory`, `arguments`, and `image`, the
channels and the side of the images that the network is made for.  A factory is `package.module:function`; packages
that are not installed are looked for in the folder of the checkout.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import torch
from torch import Tensor, nn

from resdag.discovery import look_in_checkout
from resdag.errors import NetworkError, WeightsError
from resdag.models.discovery import carve, check_same
from resdag.models.network import Network

Options = Mapping[str, Any]
INSTALL = ".venv/bin/uv pip install --python .venv/bin/python -e '.[timm]'"


def name_of(options: Options) -> str:
    """`torchvision:resnet50`, or `python:package.module:function`; of a network of ours its architecture."""
    if "architecture" in options:
        return str(options["architecture"])
    return f"{options['source']}:{options.get('model') or options['factory']}"


def make(options: Options, classes: int | None = None, shipped: bool = False) -> nn.Module:
    """The model itself, with the weights that its source draws, or ships.

    Of so many classes where its source lets itself be told; NetworkError where it cannot be made.
    """
    arguments = dict(options.get("arguments", {}))
    if classes is not None and options["source"] != "python":
        arguments.setdefault("num_classes", classes)
    maker = {"torchvision": _torchvision, "timm": _timm, "python": _python}[options["source"]]
    try:
        model = maker(options, arguments, shipped)
    except NetworkError:
        raise
    except ImportError as error:
        raise NetworkError(f"{name_of(options)} cannot be made ({error}): install what it needs") from None
    except (TypeError, ValueError, RuntimeError) as error:
        raise NetworkError(f"{name_of(options)} cannot be made with {arguments} ({error}): mend `arguments`") from None
    if not isinstance(model, nn.Module):
        raise NetworkError(f"{name_of(options)} gives a {type(model).__name__}, and a torch.nn.Module is wanted")
    return model


def _torchvision(options: Options, arguments: dict[str, Any], shipped: bool) -> nn.Module:
    from torchvision import models

    _known(options, models.list_models())
    return models.get_model(options["model"], weights=None, **arguments)


def _timm(options: Options, arguments: dict[str, Any], shipped: bool) -> nn.Module:
    try:
        import timm
    except ModuleNotFoundError:
        raise NetworkError(
            f"{name_of(options)} needs timm, an extra of resdag that is not installed: {INSTALL}"
        ) from None
    _known(options, timm.list_models())
    return timm.create_model(options["model"], pretrained=shipped, **arguments)


def _known(options: Options, names: list[str]) -> None:
    model = options["model"]
    if model.split(".")[0] not in names:
        near = get_close_matches(model, names, n=3)
        hint = f"is {' or '.join(near)} meant?" if near else f"it has {len(names)} models, such as {names[0]}"
        raise NetworkError(f"{options['source']} has no model {model!r}: {hint}")


def _python(options: Options, arguments: dict[str, Any], shipped: bool) -> Any:
    module, _, function = options["factory"].partition(":")
    look_in_checkout()
    try:
        factory = getattr(import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise NetworkError(
            f"factory {options['factory']!r} cannot be imported ({error}): give package.module:function, of a package "
            "that is installed or lies in the checkout"
        ) from None
    return factory(**arguments)


def build(options: Options, classes: int, seed: int) -> Network:
    """The network with the weights that its source draws for this seed, on the CPU, as it is trained or loaded into."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = make(options, classes)
    return carve(model, torch.zeros(2, *_image(options))).requires_grad_(True)


def load(options: Options, classes: int, state: Mapping[str, Tensor] | None, images: Tensor) -> Network:
    """The network with weights from outside, held against the model on two or more normalised images.

    Without a `state` the weights are those that the source ships.
    WeightsError for weights that do not fit, NetworkError where the model cannot be taken apart, or says other classes.
    """
    model = make(options, classes, shipped=state is None)
    if state is not None:
        _fill(model, state, name_of(options))
    network = carve(model, images)
    check_same(model, network, images)
    with torch.no_grad():
        found = network(images[:1]).shape[1]
    if found != classes:
        raise NetworkError(f"{name_of(options)} tells {found} classes apart, and the images have {classes}")
    return network


def _fill(model: nn.Module, state: Mapping[str, Tensor], name: str) -> None:
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        lines = [line.strip() for line in str(error).splitlines()[1:]]
        raise WeightsError(
            f"weights do not fit {name}: {' '.join(lines)[:500]}; "
            "give those of this model, mend its `arguments`, or `rename`"
        ) from None


def _image(options: Options) -> tuple[int, int, int]:
    channels, side = options["image"]
    return channels, side, side
