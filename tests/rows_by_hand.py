"""A database in memory with rows written by hand: each helper gives one row's columns, with plain defaults."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from math import comb, log10
from typing import Any

import duckdb
import polars as pl

from resdag.store.schema import create

Row = dict[str, Any]
STUDY = "hand"
OF = {"study": STUDY, "network": "resnet110", "seed": 0}


def empty() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    create(con)
    return con


@cache
def _kept() -> duckdb.DuckDBPyConnection:
    return empty()


def emptied() -> duckdb.DuckDBPyConnection:
    """One database for many tests, its rows gone: making the tables costs more than most tests."""
    con = _kept()
    for (table,) in con.execute("SELECT table_name FROM duckdb_tables() WHERE estimated_size > 0").fetchall():
        con.execute(f"DELETE FROM {table}")
    return con


def insert(con: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Mapping[str, Any]] | pl.DataFrame) -> None:
    frame = rows if isinstance(rows, pl.DataFrame) else pl.DataFrame(list(rows), infer_schema_length=None)
    con.register("rows_by_hand", frame)
    con.execute(f"INSERT INTO {table} BY NAME SELECT * FROM rows_by_hand")
    con.unregister("rows_by_hand")


def study(name: str = STUDY, dataset: str = "cifar10") -> Row:
    then = datetime(2026, 1, 1)
    config = json.dumps({"study": name, "dataset": {"kind": dataset}})
    return {
        "study": name, "config": config, "file": f"config/{name}.yaml", "git_commit": None, "git_dirty": None,
        "versions": "{}", "hardware": "two cores", "started_at": then, "finished_at": then,
    }  # fmt: skip


def network(errors: int = 610, images: int = 10_000, **columns: Any) -> Row:
    return OF | {
        "architecture": "preact_resnet", "depth": 110, "blocks": 54, "convolutions": 2,
        "parameters": 1_727_962, "classes": 10,
        "shortcut": "subsample", "first_block": "plain", "options": "{}", "recipe": None, "stochastic_depth": None,
        "precision": "float32",
        "blocks_per_batch": None, "source": "trained", "checkpoint_sha256": "0" * 64, "device": "cpu",
        "train_seconds": 1.5, "test_scale": "none", "test_errors": errors, "test_images": images,
        "test_error": errors / images, "test_loss": 0.3, "train_errors": 50, "train_images": 50_000,
    } | columns  # fmt: skip


def block(index: int, changes_shape: bool = False, **columns: Any) -> Row:
    return OF | {
        "block": index, "stage": 0, "channels": 16, "changes_shape": changes_shape, "deletable": True,
        "reorderable": not changes_shape,
    } | columns  # fmt: skip


def lesion(name: str, errors: int, deleted: Sequence[int] = (), images: int = 10_000, **columns: Any) -> Row:
    return OF | {
        "lesion": name, "experiment": name.split("-")[0], "count": len(deleted), "draw": None, "deleted": list(deleted),
        "recalibrated": False, "errors": errors, "images": images, "error": errors / images, "loss": None,
        "broken": 0, "repaired": 0,
    } | columns  # fmt: skip


def single(index: int, errors: int, **columns: Any) -> Row:
    return lesion(f"single-{index:03d}", errors, [index], **columns)


def repeat(index: int, times: int, errors: int, **columns: Any) -> Row:
    return lesion(f"repeat-{index:03d}-x{times}", errors, **{"repeated": [index] * (times - 1)} | columns)


def pair_answers(first: int = 0, second: int = 1, errors: int = 1000, images: int = 10_000, **columns: Any) -> Row:
    """Intact 600 wrong, with one block deleted 650, with the other 900; z is 1 more often than -1."""
    total = errors - 650 - 900 + 600
    return OF | {
        "first": first, "second": second, "images": images, "intact_errors": 600, "first_errors": 650,
        "second_errors": 900, "errors": errors, "minus_two": 0, "minus_one": 20, "plus_one": 20 + total, "plus_two": 0,
    } | columns  # fmt: skip


def random(count: int, draw: int, errors: int, **columns: Any) -> Row:
    return lesion(f"random-k{count:02d}-d{draw:03d}", errors, list(range(count)), draw=draw, **columns)


def reordering(name: str, tau: float, errors: int, images: int = 10_000, **columns: Any) -> Row:
    return OF | {
        "reordering": name, "experiment": name.split("-")[0], "swaps": None, "draw": None, "permutation": [0, 1],
        "kendall_tau": tau, "errors": errors, "images": images, "error": errors / images, "loss": None,
        "broken": 0, "repaired": 0,
    } | columns  # fmt: skip


def evaluation(test_scale: str, errors: int, recalibrated: bool = False, images: int = 10_000, **columns: Any) -> Row:
    return OF | {
        "test_scale": test_scale, "recalibrated": recalibrated, "errors": errors, "images": images,
        "error": errors / images, "loss": None,
    } | columns  # fmt: skip


def comparison(name: str, network: str, error: float = 0.06, train: float = 0.001, **columns: Any) -> Row:
    return {
        "study": STUDY, "comparison": name, "network": network, "architecture": "preact_resnet", "depth": 110,
        "blocks": 54, "convolutions": 2, "parameters": 1_727_962, "blocks_per_batch": None, "log2_paths": 54.0,
        "mean_path_length": 27.0, "seeds": 1, "test_error": error, "test_error_low": 0.9 * error,
        "test_error_high": 1.1 * error, "train_error": train, "train_error_low": 0.0, "train_error_high": 2 * train,
    } | columns  # fmt: skip


def influence(index: int, value: float | None, **columns: Any) -> Row:
    known = value is not None
    return OF | {
        "block": index, "images": 10_000, "positions": 64 if known else None, "left_out": 0 if known else None,
        "influence": value,
    } | columns  # fmt: skip


def gates(index: int, mean: float, epoch: int = 164, **columns: Any) -> Row:
    """Gates all alike, but for the images at the ends."""
    share = dict.fromkeys(("q05", "q25", "q50", "q75", "q95"), mean)
    return OF | share | {
        "epoch": epoch, "block": index, "images": 100, "units": 1024, "mean": mean, "sd_images": 0.01,
        "image_q05": mean - 0.02, "image_q95": mean + 0.03, "below_half": float(mean < 0.5),
    } | columns  # fmt: skip


def ensemble(seeds: Sequence[int], errors: int, draw: int = 0, images: int = 10_000, **columns: Any) -> Row:
    of = {key: value for key, value in OF.items() if key != "seed"}
    return of | {
        "members": len(seeds), "draw": draw, "seeds": list(seeds), "errors": errors, "images": images,
        "error": errors / images, "loss": None, "member_error": 0.07,
        "disagreement": 0.05 if len(seeds) > 1 else None,
    } | columns  # fmt: skip


def path_spectrum(
    blocks: int, norm: Any, energy: Any, batches: int = 2, se: float = 0.05, df: float | None = 40.0, **columns: Any
) -> list[Row]:
    """`norm(length)` of the sum over all paths, `energy(length)` of all paths, the same in every batch."""
    of = OF | {"epoch": 164, "measured_at": "input", "sign_draws": 20} | columns
    total = sum(norm(k) for k in range(blocks + 1))
    return [
        of | {
            "batch": batch, "path_length": k, "paths": float(comb(blocks, k)), "norm_of_sum": norm(k),
            "share": norm(k) / total, "energy": energy(k), "energy_se": se * energy(k),
            "energy_df": df if energy(k) else None, "largest_image_share": 0.1 if energy(k) else None,
            "coherence": norm(k) ** 2 / energy(k) if energy(k) else None,
        }
        for batch in range(batches)
        for k in range(blocks + 1)
    ]  # fmt: skip


def mean_field_theory(system: str, depth: int, power: Any, cosine: Any, log10_gradient: Any) -> list[Row]:
    """The three quantities as functions of the layer, 0 to depth."""
    of = {"study": STUDY, "system": system, "sigma_w": 2.0, "sigma_b": 0.5, "sigma_v": None, "sigma_a": None}
    return [
        of | {"layer": layer, "power": power(layer), "cosine": cosine(layer), "log10_gradient": log10_gradient(layer)}
        for layer in range(depth + 1)
    ]  # fmt: skip


def mean_field(theory: list[Row], draws: int, offset: Any, depth: int | None = None) -> list[Row]:
    """Networks whose power, cosine and squared gradient are 1 + offset(layer, draw) times the theory's."""
    rows = []
    for draw in range(draws):
        for row in theory[: None if depth is None else depth + 1]:
            factor = 1 + (offset(row["layer"], draw) if row["layer"] else 0)
            of = {name: row[name] for name in ("study", "system", "layer")}
            values = {name: row[name] * factor for name in ("power", "cosine")}
            values["log10_gradient"] = row["log10_gradient"] + log10(factor)
            rows.append(of | values | {"draw": draw, "width": 1000, "matrices": "conditioned"})
    return rows


def path_gradients(log10_norm: Any, lengths: range, samples: int = 4, per_batch: int = 2, **columns: Any) -> list[Row]:
    """`log10_norm(length, sample)` is a logarithm, or None for a dead path."""
    of = OF | {"epoch": 164, "measured_at": "input"} | columns
    rows = []
    for length in lengths:
        for sample in range(samples):
            log = log10_norm(length, sample)
            norm = 0.0 if log is None else 10**log
            path = {"path_length": length, "sample": sample, "batch": sample // per_batch}
            rows.append(of | path | {"norm": norm, "log10_norm": log})
    return rows
