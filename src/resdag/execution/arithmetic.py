"""In which arithmetic do jobs compute?  Set once, before a job's own code, and written down with its results.

cuDNN's convolutions default to TF32, whose mantissa has ten bits.  Lesions are compared image by image
and path norms over decades, so TF32 is off; trainings that ask for bfloat16 say so in their recipe.
"""

import os
import sys


def prepare_torch(leased: str, threads: int | None) -> str:
    """Set threads and arithmetic; the torch device for what was leased, `cuda:0` or `cpu`."""
    import torch

    torch.set_num_threads(threads or os.cpu_count() or 1)
    if not leased.startswith("cuda"):
        return "cpu"
    if not torch.cuda.is_available():
        print(f"{leased} was leased, but this torch cannot use CUDA: running on the CPU", file=sys.stderr)
        return "cpu"
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False
    return "cuda:0"


def arithmetic(device: str) -> str:
    """The arithmetic as results name it."""
    return "float32, TF32 off" if device.startswith("cuda") else "float32"
