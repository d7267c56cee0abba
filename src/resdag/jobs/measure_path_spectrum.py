"""Job: the exact path spectrum and its energy, a chunk of batches (beyond Veit et al. 2016, section 5)."""

from collections.abc import Iterator
from math import comb, isfinite

import numpy as np
from torch import Tensor

from resdag.combinatorics import batch_choice
from resdag.jobs.context import Context, Row, Tables
from resdag.jobs.moments import network_at
from resdag.jobs.opening import description, images
from resdag.models.memory import DEFAULT_MEMORY_BYTES
from resdag.models.network import Network
from resdag.paths.signs import random_signs
from resdag.paths.spectrum import Spectra, path_spectrum


def run(context: Context) -> Tables:
    """Rows of `path_spectrum`: every path length of each batch, at the input and at the first block."""
    of, spec = description(context), context.spec
    network, epoch = network_at(context, of)
    train = images(context, "train", of)
    first, last = spec["batches"]
    rows: list[Row] = []
    with context.steps.bar(last + 1 - first, "batch") as bar:
        for batch in range(first, last + 1):
            chosen = list(batch_choice(len(train), batch, min(spec["batch_size"], len(train))))
            rows += batch_rows(
                network, train.chosen(chosen), train.labels[chosen], batch, spec["sign_draws"],
                epoch=epoch, memory_bytes=context.memory_bytes,
            )  # fmt: skip
            bar.update(1)
            done = batch + 1 - first
            context.steps.line(f"batch {batch}, {context.steps.time_left(done, last + 1 - first)}")
    return {"path_spectrum": rows}


def batch_rows(
    network: Network,
    images: Tensor,
    labels: Tensor,
    batch: int,
    sign_draws: int,
    *,
    epoch: int,
    memory_bytes: int = DEFAULT_MEMORY_BYTES,
) -> Iterator[Row]:
    """Rows of `path_spectrum` of every path length, on the images of one batch."""
    blocks = len(network.blocks)
    signs = np.stack([random_signs(blocks, len(images), batch, draw) for draw in range(sign_draws)])
    spectra = path_spectrum(network, images, labels, signs, memory_bytes=memory_bytes)
    yield from _rows({"epoch": epoch, "batch": batch, "sign_draws": sign_draws}, blocks, spectra)


def _rows(of: Row, blocks: int, spectra: Spectra) -> Iterator[Row]:
    for place, spectrum in {"input": spectra.at_input, "first_block": spectra.at_first_block}.items():
        coherence = spectrum.coherence
        for length in range(blocks + 1):
            yield of | {
                "path_length": length,
                "measured_at": place,
                "paths": float(comb(blocks, length)),
                "norm_of_sum": _finite(spectrum.norm_of_sum[length]),
                "share": _finite(spectrum.share[length]),
                "energy": _finite(spectrum.energy[length]),
                "energy_se": _finite(spectrum.energy_se[length]),
                "energy_df": _finite(spectrum.energy_df[length]),
                "largest_image_share": _finite(spectrum.largest_image_share[length]),
                "coherence": coherence[length],
            }


def _finite(value: float) -> float | None:
    """The number, or None for none."""
    return float(value) if isfinite(value) else None
