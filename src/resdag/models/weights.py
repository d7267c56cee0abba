"""How do weights reach a network, from our own files and from other people's?

Our own files are safetensors, written aside and renamed, so that a file is whole or
absent.  Weights from outside are safetensors or PyTorch state dicts; a pickle is read
with `weights_only=True`, so code in it is refused and never runs.  A wrapping key
(`state_dict`, `model`, `net`) and a `module.` prefix are removed, and names of the widely copied
CIFAR implementation (conv1, bn1, layer1.0.conv1, ..., linear) are translated:

    conv1, bn1            stem.conv1, stem.bn1
    layer2.0.conv1        blocks.N.body.conv1, N counted over the stages (or .shared., where a skip reads it too)
    layer2.0.shortcut.0   blocks.N.shortcut.conv; shortcut.1 is its bn; torchvision says downsample
    bn, linear, fc        head.bn, head.linear
"""

import re
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from pickle import UnpicklingError

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from resdag.atomic import whole_file
from resdag.errors import DamagedFileError, WeightsError
from resdag.models.network import Network

WRAPPERS = ("state_dict", "model", "net")
PARALLEL = "module."  # what DataParallel puts before every name
FLOATS = (torch.float32, torch.float64, torch.float16, torch.bfloat16)
OPTIONAL = "num_batches_tracked"  # a counter that no forward pass reads; older files lack it


def save_weights(network: Network, path: str | Path) -> None:
    """Write parameters and running statistics as safetensors; an existing file is replaced whole or not at all."""
    save_tensors(network.state_dict(), path)


def save_tensors(tensors: Mapping[str, Tensor], path: str | Path) -> None:
    """Write tensors by name as safetensors; an existing file is replaced whole or not at all."""
    tensors = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    with whole_file(path) as file:
        file.write(safetensors.torch.save(tensors))


def load_weights(network: Network, path: str | Path, prefix: str = "") -> None:
    """Load what `save_weights` wrote, or of a file with more in it the tensors whose names begin with the prefix.

    DamagedFileError for a file that is missing or not whole; WeightsError for one of another network.
    """
    try:
        with safe_open(path, "pt") as file:
            names = [name for name in file.keys() if name.startswith(prefix)]  # noqa: SIM118  (no mapping)
            state = {name.removeprefix(prefix): file.get_tensor(name) for name in names}
    except (SafetensorError, OSError) as error:
        raise DamagedFileError(f"{path} cannot be read ({error}): delete it, and its job writes it again") from None
    _load(network, state, path)


def load_outside_weights(network: Network, path: str | Path) -> None:
    """Load weights that were trained elsewhere; WeightsError if they do not fit or cannot be trusted."""
    state = read_outside_weights(path)
    _load(network, {our_name(name, network): value for name, value in state.items()}, path)


def read_outside_weights(path: str | Path) -> dict[str, Tensor]:
    """Tensors by name, of a safetensors file or a PyTorch state dict; nothing in it is executed.

    A wrapping key and `module.` are removed, names are not translated.
    WeightsError for a file that is missing, damaged, no state dict, or holds code.
    """
    try:
        content = safetensors.torch.load_file(path) if _is_safetensors(path) else _read_pickle(path)
    except OSError as error:
        raise WeightsError(
            f"weights {path} cannot be read: {error.strerror or error}; give the path of a file"
        ) from None
    except SafetensorError as error:
        raise WeightsError(f"weights {path} are damaged ({error}): fetch the file again") from None
    return _state_dict(content, path)


def renamed(state: Mapping[str, Tensor], rename: Mapping[str, str]) -> dict[str, Tensor]:
    """The tensors under other names: how a name begins, and what that becomes; the first that fits is taken.

    A rule may begin with `module.`, as the names in the file do, though reading has removed that.
    WeightsError where two come to have one name, or nothing begins so.
    """
    found: dict[str, Tensor] = {}
    known = {begin: any(name.startswith(begin) for name in state) for begin in rename}
    rename = {begin if known[begin] else begin.removeprefix(PARALLEL): new for begin, new in rename.items()}
    for name, value in state.items():
        begin = next((each for each in rename if name.startswith(each)), "")
        new = rename.get(begin, "") + name.removeprefix(begin)
        if new in found:
            raise WeightsError(f"rename gives two tensors the name {new!r}, one of them {name!r}: mend `rename`")
        found[new] = value
    idle = [each for each in rename if not any(name.startswith(each) for name in state)]
    if idle:
        raise WeightsError(f"rename: no tensor's name begins with {idle[0]!r}; they are {_few(state)}")
    return found


def our_name(name: str, network: Network) -> str:
    """Our name of an entry of a state dict; names that are not those of the CIFAR implementation stay as they are."""
    if re.match(r"(conv1|bn1)\.", name):
        return f"stem.{name}"
    if re.match(r"(bn|linear)\.", name):
        return f"head.{name}"
    if name.startswith("fc."):
        return f"head.linear.{name.removeprefix('fc.')}"
    found = re.fullmatch(r"layer(\d+)\.(\d+)\.(.+)", name)
    if found is None:
        return name
    return _name_in_block(network, int(found[1]) - 1, int(found[2]), found[3]) or name


def _name_in_block(network: Network, stage: int, place: int, part: str) -> str | None:
    indices = [index for index, block in enumerate(network.blocks) if block.stage == stage]
    if place >= len(indices):
        return None
    part = re.sub(r"^(shortcut|downsample)\.0\.", "shortcut.conv.", part)
    part = re.sub(r"^(shortcut|downsample)\.1\.", "shortcut.bn.", part)
    layer = part.split(".")[0]
    block = network.blocks[indices[place]]
    if layer == "shortcut":
        return f"blocks.{indices[place]}.{part}"
    owner = "shared" if layer in dict(block.shared.named_children()) else "body"
    return f"blocks.{indices[place]}.{owner}.{part}"


def _is_safetensors(path: str | Path) -> bool:
    with open(path, "rb") as file:
        start = file.read(9)
    return start[8:] == b"{" or Path(path).suffix == ".safetensors"  # eight bytes of length, then JSON


def _read_pickle(path: str | Path) -> object:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what torch has to say of the file is said by the error
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # noqa: BLE001  a damaged file raises what its bytes lead the reader to, OSError too
        found = re.search(r"GLOBAL ([\w.]+)", str(error))
        if found or "TorchScript" in str(error):
            what = f"code to run ({found[1]})" if found else "a TorchScript program"
            raise WeightsError(
                f"weights {path} hold {what}, which was refused, not run: "
                "save the bare state dict, or better a safetensors file"
            ) from None
        pickled = isinstance(error, UnpicklingError)
        kind = "damaged, or hold more than tensors, and were refused, not run" if pickled else "damaged"
        raise WeightsError(
            f"weights {path} are {kind}: a safetensors file or a PyTorch state dict is wanted; fetch the file again"
        ) from None


def _state_dict(content: object, path: str | Path) -> dict[str, Tensor]:
    for wrapper in WRAPPERS:
        if isinstance(content, Mapping) and isinstance(content.get(wrapper), Mapping):
            content = content[wrapper]
            break
    if not isinstance(content, Mapping) or not content:
        raise WeightsError(f"weights {path} are no state dict, but a {type(content).__name__}: save names and tensors")
    strange = [name for name, value in content.items() if not (isinstance(name, str) and isinstance(value, Tensor))]
    if strange:
        raise WeightsError(
            f"weights {path} hold entries that are no tensors, {_few(map(str, strange))}: save tensors only"
        )
    unusable = {name: why for name, value in content.items() if (why := _unusable(value))}
    if unusable:
        said = _few(f"{name} ({why})" for name, why in unusable.items())
        raise WeightsError(f"weights {path} hold what no network computes with, {said}: save finite, dense numbers")
    return {name.removeprefix(PARALLEL): value for name, value in content.items()}


def _unusable(value: Tensor) -> str | None:
    """What keeps a tensor from being a weight or a statistic; None where nothing does."""
    if value.is_meta:
        return "no values"
    if value.layout != torch.strided or value.is_quantized or value.is_nested:
        return "not dense"
    if value.dtype in FLOATS:
        return None if value.isfinite().all() else "not finite"
    return None if value.dtype in (torch.int64, torch.int32) else str(value.dtype).removeprefix("torch.")


def _load(network: Network, state: dict[str, Tensor], path: str | Path) -> None:
    own = network.state_dict()
    faults = {
        "lack": [name for name in own if name not in state and not name.endswith(OPTIONAL)],
        "have the unknown": [name for name in state if name not in own],
        "hold whole numbers as": [
            name
            for name, value in state.items()
            if name in own and own[name].is_floating_point() and not value.is_floating_point()
        ],
        "have another shape of": [
            f"{name} {tuple(value.shape)}, not {tuple(own[name].shape)}"
            for name, value in state.items()
            if name in own and value.shape != own[name].shape
        ],
    }
    said = "; they ".join(f"{fault} {_few(names)}" for fault, names in faults.items() if names)
    if said:
        raise WeightsError(
            f"weights {path} do not fit the network: they {said}; "
            "give the architecture and options that they were trained with"
        )
    network.load_state_dict(own | state)


def _few(names: Iterable[str], shown: int = 3) -> str:
    names = list(names)
    rest = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + rest
