"""Studies of a few rows written by hand, and what is judged of them by the rules that the study of the paper has."""

from collections.abc import Callable
from math import comb, log10
from typing import Any

import duckdb

from resdag.config.claims import Claims
from resdag.queries.claims import claims
from resdag.queries.derived import derive
from rows_by_hand import (
    OF,
    STUDY,
    block,
    emptied,
    insert,
    lesion,
    network,
    path_gradients,
    path_spectrum,
    random,
    reordering,
    single,
)

Tables = dict[str, list[dict[str, Any]]]
PEAKS = (18, 36)
DROPPING = {"network": "resnet110-stochastic-depth"}
EFFECTIVE = {"network": "resnet110-effective-paths"}
VGG = {"network": "vgg15"}


def holding(tables: Tables) -> duckdb.DuckDBPyConnection:
    """A database that holds these rows and what follows from them."""
    con = emptied()
    for table, rows in tables.items():
        insert(con, table, rows)
    for table, frame in derive(con, STUDY, 0.95).items():
        insert(con, table, frame)
    return con


def judged(tables: Tables, *names: str, dataset: str = "cifar10", **rules: Any) -> dict[str, dict[str, Any]]:
    """Rows of claims, by claim, for a database that holds these rows and what follows: of all, or of those named."""
    con = holding(tables)
    found = claims(con, STUDY, Claims.model_validate(rules).model_dump(), dataset, names)
    insert(con, "claims", found)  # whatever the verdict, the row fits the table
    return {row["claim"]: row for row in found.to_dicts()}


def judge(tables: Tables, claim: str, dataset: str = "cifar10", **rules: Any) -> dict[str, Any]:
    """The row of one claim."""
    return judged(tables, claim, dataset=dataset, **rules)[claim]


def verdict(tables: Tables, claim: str, **rules: Any) -> str:
    """The verdict on one claim."""
    return str(judge(tables, claim, **rules)["verdict"])


def merged(*parts: Tables) -> Tables:
    """The rows of several."""
    tables: Tables = {}
    for part in parts:
        for table, rows in part.items():
            tables[table] = tables.get(table, []) + rows
    return tables


def changed(index: int, change: int, intact: int = 600, also: int = 0, **columns: Any) -> dict[str, Any]:
    """A single deletion that breaks so many images of 10,000 more than it repairs, and `also` as many each way."""
    answers = {"broken": max(change, 0) + also, "repaired": max(-change, 0) + also}
    return single(index, intact + change, **answers | columns)


def deleted(changes: list[int], peaks: tuple[int, ...] = PEAKS, also: int = 0, **of: Any) -> Tables:
    """A network, intact and with each block deleted; changes in images of 10,000; `peaks` change the shape."""
    name = {key: of[key] for key in ("network", "seed") if key in of}
    return {
        "networks": [network(blocks=len(changes), **of)],
        "blocks": [block(index, index in peaks, **name) for index in range(len(changes))],
        "lesions": [lesion("intact", 600, **name)]
        + [changed(index, change, also=also, **name) for index, change in enumerate(changes)],
    }


def residual(change: int = 20, peak: int = 200, **of: Any) -> Tables:
    """54 blocks, each deletion changing `change` to `change` + 20 images, those that change shape `peak`."""
    return deleted([peak if index in PEAKS else change + index % 21 for index in range(54)], **of)


def vgg(*errors: int) -> Tables:
    """A VGG of 14 layers, intact 800 wrong, with these errors when each is deleted."""
    return {
        "networks": [network(architecture="vgg", depth=15, blocks=14, **VGG)],
        "blocks": [block(index, **VGG) for index in range(14)],
        "lesions": [lesion("intact", 800, **VGG), *(single(index, error, **VGG) for index, error in enumerate(errors))],
    }


def seeds(*errors: int, images: int = 10_000, **of: Any) -> Tables:
    """A network of several seeds, intact alone."""
    return {"networks": [network(count, images, seed=seed, **of) for seed, count in enumerate(errors)]}


def random_draws(
    errors_at: Callable[[int, int], int], draws: int = 12, counts: tuple[int, ...] = tuple(range(1, 21)), seeds: int = 1
) -> Tables:
    """Random deletions of a network, 600 wrong intact: `errors_at(k, draw)` of 10,000, each seed 5 more."""
    of = [{"seed": seed} for seed in range(seeds)]
    return {
        "networks": [network(**each) for each in of],
        "lesions": [lesion("intact", 600, **each) for each in of]
        + [
            random(k, draw, errors_at(k, draw) + 5 * each["seed"], **each)
            for each in of
            for k in counts
            for draw in range(draws)
        ],
    }


def orders(errors_at: Callable[[int, int], int], taus: int = 60, draws: int = 6) -> Tables:
    """Reorderings with tau from .995 down in steps of .005: `errors_at(i, draw)` of 10,000 at 1 - (i + 1) / 200."""
    rows = [
        reordering(f"swaps-{i:03d}-d{draw}", 1 - (i + 1) / 200, errors_at(i, draw), swaps=i, draw=draw)
        for i in range(taus)
        for draw in range(draws)
    ]
    return {"networks": [network()], "lesions": [lesion("intact", 600)], "reorderings": rows}


def gradients(r: float = 0.256, noise: float = 0.01, epoch: int = 164, bend: float = 0.0, **of: Any) -> Tables:
    """Sampled paths whose norm falls by r for each block, and by a factor of 10^bend more from length 27 on."""

    def log10_norm(length: int, sample: int) -> float:
        return length * log10(r) + bend * max(length - 27, 0) + noise * (sample % 5 - 2) * length / 10

    return {"path_gradients": path_gradients(log10_norm, range(55), 20, epoch=epoch, **of)}


def trained(**of: Any) -> Tables:
    """The residual network with gradients of its paths."""
    return merged({"networks": [network()]}, gradients(**of))


def spectrum(low: int, high: int, batches: int = 8, **of: Any) -> Tables:
    """Sums of equal norm from length low to high, and none elsewhere."""
    inside = lambda k: 1.0 if low <= k <= high else 0.0  # noqa: E731
    return {"networks": [network()], "path_spectrum": path_spectrum(54, inside, inside, batches=batches, **of)}


def closed_forms(blocks: int = 54) -> Tables:
    """The tables of closed forms, for a network of so many blocks."""
    of = OF | {"blocks": blocks}
    return {
        "networks": [network(blocks=blocks)],
        "path_lengths": [
            of | {"path_length": k, "paths": comb(blocks, k), "fraction": comb(blocks, k) / 2**blocks}
            for k in range(blocks + 1)
        ],
        "paths_remaining": [
            of | {"deleted": d, "path_length": x, "fraction": comb(blocks - d, x) / comb(blocks, x)}
            for d in (1, 5, 10, 15, 20)
            if d < blocks
            for x in range(blocks + 1)
        ],
    }
