"""In which arithmetic do jobs compute?  Set once, before a job's own code, and written down with its results.

cuDNN's convolutions default to TF32, whose mantissa has ten bits.  Lesions are compared image by image
and path norms over decades, so TF32 is off; trainings that ask for bfloat16 say so in their recipe.
"""

import os
from pathlib import Path

from resdag.errors import DeviceError

PROCESSOR = Path("/proc/cpuinfo")
BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16"}  # instructions that multiply it; without them it is emulated, and slower
BFLOAT16_CAPABILITY = (8, 0)  # of a GPU: Ampere and later


def prepare_torch(leased: str, threads: int | None) -> str:
    """Set threads and arithmetic; the torch device for what was leased, `cuda:0` or `cpu`.

    DeviceError for a GPU that cannot be used: the CPU in its stead would take weeks, and nobody asked for it.
    """
    import torch

    torch.set_num_threads(threads or os.cpu_count() or 1)
    if not leased.startswith("cuda"):
        return "cpu"
    if not torch.cuda.is_available():
        raise DeviceError(
            f"{leased} was leased, but torch {torch.__version__} cannot use it (`python -c 'import torch; "
            "torch.cuda.init()'` says why): mend the driver, or set CUDA_VISIBLE_DEVICES='' to run on the CPU"
        )
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False
    return "cuda:0"


def arithmetic(device: str) -> str:
    """The arithmetic as results name it."""
    return "float32, TF32 off" if device.startswith("cuda") else "float32"


def fast_precision(device: str) -> str:
    """What `training.precision: auto` stands for on a device: bfloat16 where it has instructions for that."""
    if device.startswith("cuda"):
        import torch

        fast = torch.cuda.get_device_capability() >= BFLOAT16_CAPABILITY
    else:
        fast = bool(BFLOAT16_FLAGS & processor_flags())
    return "bfloat16" if fast else "float32"


def processor_flags() -> set[str]:
    """Names of the processor's instructions, as Linux lists them; none elsewhere."""
    try:
        lines = PROCESSOR.read_text(encoding="utf-8").splitlines()
    except OSError:
        return set()
    return {flag for line in lines if line.startswith("flags") for flag in line.partition(":")[2].split()}
