"""Studies by hand, each with a dial that decides what is judged: how far a curve jumps, how far gates are open."""

import json
from collections.abc import Callable
from math import comb, pi
from typing import Any

from claims_by_hand import PEAKS, Tables, closed_forms, merged, orders, random_draws, residual, seeds
from rows_by_hand import (
    block,
    comparison,
    ensemble,
    gates,
    lesion,
    mean_field_theory,
    network,
    path_spectrum,
    random,
    single,
)


def bumps(height: int, elsewhere: int = 0) -> list[int]:
    """Changes of 20 images, `height` more where the shape changes, `elsewhere` at block 5."""
    return [20 + height * (index in PEAKS) + elsewhere * (index == 5) for index in range(54)]


def seeds_of(change: int, of: dict[str, Any], count: int = 3, outlier: int = 0) -> Tables:
    """A residual network of several seeds, and how much more of 10,000 images the deletion of block 0 costs."""
    parts = [residual(change, seed=seed, **of) for seed in range(count)]
    for part in parts:
        part["lesions"][1]["errors"] += outlier  # block 0
        part["lesions"][1]["error"] += outlier / 10_000
    return merged(*parts)


def rising(k: int, draw: int) -> int:
    """From 6 % at 0 to 60 % at 20 deletions, a curve that bends up; draws scatter by 2 points."""
    return round(600 + 13.5 * k * k) + 40 * (draw % 6 - 2)


def cliff(k: int, draw: int) -> int:
    """Hardly anything up to 8 deletions, 40 points between 8 and 9, hardly anything after."""
    return 600 + 20 * k + 4000 * (k > 8) + 40 * (draw % 6 - 2)


def by_order(rise: Callable[[float], float]) -> Tables:
    """Orders whose error rises with the part of the range of tau that lies behind, draws scattering by 2 points."""
    return orders(lambda i, draw: round(600 + 5000 * rise((i + 1) / 60)) + 40 * (draw - 2))


def opened(*means: float, seeds: int = 1, start: float | None = 0.5) -> Tables:
    """A highway network with a block for each mean gate, of every seed, all from `start`."""
    of = [{"network": "highway110", "seed": seed} for seed in range(seeds)]
    options = '{"width": 16, "gate": "learned"}'
    moments = {164: means} | ({} if start is None else {0: [start] * len(means)})
    return {
        "networks": [network(architecture="highway", options=options, **each) for each in of],
        "blocks": [block(index, **each) for each in of for index in range(len(means))],
        "gates": [
            gates(index, mean + (each["seed"] / 100 if epoch else 0), epoch, **each)
            for each in of
            for epoch, of_blocks in moments.items()
            for index, mean in enumerate(of_blocks)
        ],
    }


SHUT = (0.1, 0.2, 0.3, 0.1, 0.2, 0.3, 0.2, 0.2, 0.9)


def halved(one: int, two: int, draws: int = 12, **recipe: Any) -> Tables:
    """Errors of 10,000 after one and two deletions, 600 intact; four networks of about 700, together 500."""
    deletions = [random(k, draw, errors + draw % 3) for k, errors in ((1, one), (2, two)) for draw in range(draws)]
    alone = [ensemble([seed], 699 + seed, seed, network="members") for seed in range(4)]
    together = [ensemble([0, 1], 1, network="members"), ensemble([0, 1, 2, 3], 500, network="members")]
    trained = {"epochs": 20, "keep_epochs": []}
    return {
        "networks": [
            network(recipe=json.dumps(trained | {"keep_epochs": [2]})),
            network(network="members", recipe=json.dumps(trained | recipe)),
        ],
        "lesions": [lesion("intact", 600), *deletions],
        "ensembles": [*alone, *together],
    }


def of_length_five(errors_at: Any, draws: int = 12, **spectrum: Any) -> Tables:
    """A trained network whose energy is all in paths of length 5, and random deletions of it."""
    energy = path_spectrum(54, lambda k: float(k == 5), lambda k: float(k == 5), **spectrum)
    deletions = random_draws(errors_at, draws, counts=(1, 2, 5, 10, 15, 20))
    return merged(closed_forms(), deletions, {"path_spectrum": energy}) | {"networks": [network()]}


def left(deleted: int) -> float:
    """Share of the paths of length 5 that are left of 54 blocks."""
    return comb(54 - deleted, 5) / comb(54, 5)


def predicted(k: int, draw: int) -> int:
    """What equation 8 predicts, draws scattering by .6 points."""
    return round(600 + 8400 * (1 - left(k))) + [-60, -30, 0, 30, 60, 0][draw % 6]


def recursion(depth: int, exponent: float = 2 / pi - 1) -> list[dict]:
    """A residual system whose cosine falls by a power of depth from the start."""
    cosine = lambda layer: 0.5 * max(layer, 1) ** exponent  # noqa: E731
    return mean_field_theory("residual", depth, lambda layer: 1.0 + layer, cosine, lambda layer: layer**0.5)


def scatter(size: float, bias: float = 0.0) -> Any:
    """Networks around the recursion, every other one above."""
    return lambda layer, draw: bias + size * (-1) ** draw * (1 + 0.3 * ((layer + draw) % 3 - 1))


def among(name: str, *networks: dict[str, Any]) -> Tables:
    """Networks and the comparison that they are in, by their own columns."""
    columns = ("architecture", "depth", "blocks", "convolutions", "blocks_per_batch")
    of = {row["network"]: row for row in networks}
    counts = {each: sum(row["network"] == each for row in networks) for each in of}
    compared = [
        comparison(
            name, each, seeds=counts[each], log2_paths=float(row["blocks"]), **{key: row[key] for key in columns}
        )
        for each, row in of.items()
    ]
    return {"networks": [*networks], "comparisons": compared}


def depths(*training_errors: int) -> Tables:
    """Errors of 1,000 training images: of plain networks of 20 and 56 layers, then of residual ones."""
    names = [("plain", 20), ("plain", 56), ("resnet", 20), ("resnet", 56)]
    images = {"images": 1000, "train_images": 1000}
    return among("depth", *(
        network(80, network=f"{kind}{depth}", architecture=kind, depth=depth, train_errors=errors, **images)
        for (kind, depth), errors in zip(names, training_errors, strict=True)
    ))  # fmt: skip


def spans(short: list[int], long: list[int]) -> Tables:
    """What each block's deletion costs in images of 10,000: of two convolutions a block, and of six."""
    of = {"short": (2, short), "long": (6, long)}
    rows = [
        network(network=name, blocks=len(changes), convolutions=convolutions)
        for name, (convolutions, changes) in of.items()
    ]
    measured = {
        "blocks": [block(index, network=name) for name, (_, changes) in of.items() for index in range(len(changes))],
        "lesions": [
            row
            for name, (_, changes) in of.items()
            for row in (
                lesion("intact", 600, network=name),
                *(single(index, 600 + change, network=name) for index, change in enumerate(changes)),
            )
        ],
    }
    return merged(among("multiplicity", *rows), measured)


def batches(whole: tuple[int, ...], parts: tuple[int, ...]) -> Tables:
    """Errors of 1,000 images, a number a seed: trained on all blocks in each batch, and on 23 of 54."""
    trained = ((None, "whole", whole), (23, "parts", parts))
    return among("blocks_per_batch", *(
        row
        for m, name, errors in trained
        for row in seeds(*errors, images=1000, network=name, blocks_per_batch=m)["networks"]
    ))  # fmt: skip
