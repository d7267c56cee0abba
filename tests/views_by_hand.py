"""Rows of every view, of the form a real study gives, from closed forms and smooth curves with seeded noise."""

from functools import cache
from itertools import product
from math import comb, exp, log2, log10

import numpy as np
import polars as pl

STUDY = "by-hand"
BLOCKS = 54
CHANGES = (18, 36)


def _frame(rows: list[dict]) -> pl.DataFrame:
    return pl.DataFrame(rows, infer_schema_length=None).select(pl.lit(STUDY).alias("study"), pl.all())


def _paths(blocks: int) -> list[tuple[int, ...]]:
    return sorted(product((0, 1), repeat=blocks), key=lambda path: (sum(path), path))


def _choices(paths: list[tuple[int, ...]]) -> list[dict]:
    return [
        {"path": number, "block": block, "choice": "branch" if entered else "skip", "path_length": sum(path)}
        for number, path in enumerate(paths)
        for block, entered in enumerate(path)
    ]


def figure_1() -> pl.DataFrame:
    return _frame(_choices(_paths(3)))


def figure_2() -> pl.DataFrame:
    rows = []
    for network, paths in {"residual": _paths(3), "plain": [(1, 1, 1)]}.items():
        for row in _choices(paths):
            rows.append({"network": network, **row, "alive": not paths[row["path"]][1], "deleted_block": 1})
    return _frame(rows)


def _deletion(network: str, seed: int, architecture: str, block: int, error: float, intact: float) -> dict:
    changes = block in CHANGES if architecture != "vgg" else block == 0
    return {
        "network": network, "seed": seed, "architecture": architecture, "block": block, "stage": block // 18,
        "changes_shape": changes, "errors": round(error * 10_000), "images": 10_000, "error": error,
        "low": max(0, error - 0.005), "high": min(1, error + 0.005), "intact_error": intact, "change": error - intact,
        "p_holm": min(1.0, exp(-400 * abs(error - intact))),
    }  # fmt: skip


def _residual_error(block: int, noise: np.random.Generator) -> float:
    peak = 0.04 if block in CHANGES else 0.09 * exp(-block) if block < 3 else 0.0
    return 0.064 + peak + abs(noise.normal(0, 0.002))


def figure_3() -> pl.DataFrame:
    noise = np.random.default_rng(0)
    rows = [
        _deletion("resnet110", seed, "preact_resnet", block, _residual_error(block, noise), 0.064)
        for seed in (0, 1)
        for block in range(BLOCKS)
    ]
    rows += [_deletion("vgg15", 0, "vgg", block, 0.9 - abs(noise.normal(0, 0.01)), 0.071) for block in range(14)]
    return _frame(rows)


def figure_other_deletions() -> pl.DataFrame:
    noise, rows = np.random.default_rng(12), []
    for network, seed, block in product(("plain20", "resnet20", "resnet56"), (0, 1), range(9)):
        error = 0.8 if network == "plain20" else 0.09 + 0.2 * exp(-block) + abs(noise.normal(0, 0.004))
        rows.append(_deletion(network, seed, network[:-2], block, error, 0.085))
    return _frame(rows)


def figure_redundancy() -> pl.DataFrame:
    noise, rows = np.random.default_rng(13), []
    for blocks, seed in product((9, 15, 21, 27, BLOCKS), (0,)):
        for block in range(blocks):
            error = 0.07 + 0.5 / blocks + (0.4 if block == 0 else 0) + abs(noise.normal(0, 0.003))
            row = _deletion(f"resnet{2 * blocks + 2}", seed, "resnet", block, error, 0.07)
            row |= {"depth": 2 * blocks + 2, "blocks": blocks, "position": block / (blocks - 1),
                    "changes_shape": block in (blocks // 3, 2 * blocks // 3)}  # fmt: skip
            rows.append({key: value for key, value in row.items() if key not in ("errors", "images", "p_holm")})
    return _frame(rows)


def figure_4() -> pl.DataFrame:
    noise = np.random.default_rng(4)
    return _frame([
        _deletion("resnet200", 0, "preact_resnet", block, 0.21 + abs(noise.normal(0, 0.002)), 0.207)
        for block in range(66)
    ])  # fmt: skip


def _quantiles(values: np.ndarray) -> dict:
    points = {"q05": 0.05, "q25": 0.25, "median": 0.5, "q75": 0.75, "q95": 0.95}
    return {name: float(np.quantile(values, point)) for name, point in points.items()}


def figure_5a() -> pl.DataFrame:
    noise, rows = np.random.default_rng(5), []
    for network, seed, count in product(("resnet110", "resnet110-stochastic-depth"), (0, 1), range(21)):
        draws = 50 if count else 1
        hits = noise.random(draws) < count / BLOCKS  # block 0, which is worth half of what is right
        errors = np.minimum(0.9, 0.064 + 0.002 * count**2 * noise.gamma(16, 1 / 16, draws) + 0.4 * hits)
        quantiles = _quantiles(errors)
        rows += [
            {
                "network": network, "seed": seed, "count": count, "draw": draw if count else None,
                "error": float(error), "intact_error": 0.064, "severe_block": 0 if hit else None,
                "severe_change": 0.4 if hit else None, "draws": draws, **quantiles,
            }
            for draw, (error, hit) in enumerate(zip(errors, hits, strict=True))
        ]  # fmt: skip
    return _frame(rows)


def figure_5b() -> pl.DataFrame:
    noise, rows = np.random.default_rng(6), []
    swaps: list[tuple[str, int | None]] = [("swaps", 2**power) for power in range(7)] + [("shuffle", None)]
    for experiment, count in swaps:
        for draw in range(50):
            centre = 1 - 0.3 * (1 - exp(-(count or 200) / 20))
            rows.append(_reordering(f"{experiment}-{count}-d{draw:03}", experiment, count, centre, noise))
    rows.append(_reordering("reversal", "reversal", None, 0.406, noise))
    frame = pl.DataFrame(rows, infer_schema_length=None)
    frame = frame.with_columns(tau_bin=(pl.col("kendall_tau") / 0.02).round() * 0.02)
    error = pl.col("error")
    bins = frame.with_columns(
        bin_median=error.median().over("tau_bin"), bin_q25=error.quantile(0.25).over("tau_bin"),
        bin_q75=error.quantile(0.75).over("tau_bin"), bin_size=pl.len().over("tau_bin"),
    )  # fmt: skip
    return _frame(bins.to_dicts())


def _reordering(name: str, experiment: str, swaps: int | None, centre: float, noise: np.random.Generator) -> dict:
    tau = min(1.0, centre + float(noise.normal(0, 0.015)))
    error = min(0.9, 0.064 + 1.5 * (1 - tau) ** 1.3 * float(noise.lognormal(0, 0.2)))
    return {
        "network": "resnet110", "seed": 0, "reordering": name, "experiment": experiment, "swaps": swaps,
        "kendall_tau": tau, "error": error, "intact_error": 0.064,
    }  # fmt: skip


def figure_6a() -> pl.DataFrame:
    return _frame([
        {"blocks": n, "path_length": k, "paths": float(comb(n, k)), "fraction": comb(n, k) / 2**n}
        for n in (9, 27, BLOCKS)
        for k in range(n + 1)
    ])  # fmt: skip


def figure_6b() -> pl.DataFrame:
    noise, rows = np.random.default_rng(7), []
    for measured_at, (epoch, r), k in product(("input", "first_block"), ((0, 0.4), (164, 0.256)), range(BLOCKS + 1)):
        log_norm = -1.2 + k * log10(r) + float(noise.normal(0, 0.25))
        dead = 1000 if (epoch, k) == (164, BLOCKS) else 3 if (epoch, k) == (164, 53) else 0
        rows.append({
            "network": "resnet110", "seed": 0, "epoch": epoch, "measured_at": measured_at, "path_length": k,
            "samples": 1000, "dead": dead, "mean_norm": 10**log_norm, "mean_norm_low": 0.9 * 10**log_norm,
            "mean_norm_high": 1.1 * 10**log_norm, "mean_log10_norm": None if dead == 1000 else log_norm,
            "sd_log10_norm": None if dead == 1000 else 0.4 + 0.01 * k, "fit_log10_norm": -1.2 + k * log10(r), "r": r,
            "r_low": r - 0.004, "r_high": r + 0.005, "r_squared": 0.997,
        })  # fmt: skip
    return _frame(rows)


def figure_6c() -> pl.DataFrame:
    rows = []
    for measured_at, (epoch, r), k in product(("input", "first_block"), ((0, 0.4), (164, 0.256)), range(BLOCKS + 1)):
        p = r / (1 + r)
        share = comb(BLOCKS, k) * p**k * (1 - p) ** (BLOCKS - k)
        mean, sd = BLOCKS * p, (BLOCKS * p * (1 - p)) ** 0.5
        rows.append({
            "network": "resnet110", "seed": 0, "epoch": epoch, "measured_at": measured_at, "path_length": k,
            "samples": 1000, "contribution": share, "contribution_low": 0.85 * share,
            "contribution_high": 1.15 * share,
            "fraction": comb(BLOCKS, k) / 2**BLOCKS, "mean_length": mean, "window_low": mean - 2 * sd,
            "window_high": mean + 2 * sd, "window_share": 0.0045,
        })  # fmt: skip
    return _frame(rows)


def figure_spectrum() -> pl.DataFrame:
    rows = []
    for measured_at, (epoch, r), k in product(("input", "first_block"), ((0, 0.4), (164, 0.256)), range(BLOCKS + 1)):
        p, coherence = r / (1 + r), 1.0 if epoch == 0 else 1 + 30 * exp(-((k - 8) ** 2) / 20)
        share = comb(BLOCKS, k) * p**k * (1 - p) ** (BLOCKS - k)
        values = {"rms_norm": 1.3 * r**k, "norm_of_sum": (coherence * comb(BLOCKS, k)) ** 0.5 * 1.3 * r**k,
                  "summed_contribution": share, "share": share - 0.001 * (k == 20), "coherence": coherence}  # fmt: skip
        intervals = {f"{name}{end}": value * factor for name, value in values.items()
                     for end, factor in (("", 1.0), ("_low", 0.9), ("_high", 1.1))}  # fmt: skip
        relative_se = 0.4 if 8 <= k <= 10 and epoch else 0.05
        rows.append({
            "network": "resnet110", "seed": 0, "epoch": epoch, "measured_at": measured_at, "path_length": k,
            "batches": 20, "mean_norm": r**k, "mean_norm_low": 0.9 * r**k, "mean_norm_high": 1.1 * r**k,
            "sampled_rms_norm": 1.25 * r**k, "contribution": share, **intervals, "energy_relative_se": relative_se,
            "coherence_known": relative_se <= 0.25, "window_low": 5.1, "window_high": 16.9, "summed_low": 1.2,
            "summed_high": 9.4,
        })  # fmt: skip
    return _frame(rows)


def figure_control() -> pl.DataFrame:
    noise, rows = np.random.default_rng(10), []
    for network, seed in (("resnet110", 0), ("resnet110", 1), ("vgg15", 0)):
        for block in range(BLOCKS if network == "resnet110" else 14):
            vgg = network == "vgg15"
            branch = 0.9 if vgg else _residual_error(block, noise)
            kinds = {"branch": (branch, 0.064), "branch, batch norm re-estimated": (0.3 if vgg else 0.07, 0.066)}
            kinds |= {} if vgg else {"skip": (0.8 - block / 100, 0.064)}
            for kind, (error, intact) in kinds.items():
                row = _deletion(network, seed, "vgg" if vgg else "preact_resnet", block, error, intact)
                rows.append({"kind": kind} | {key: value for key, value in row.items() if key != "p_holm"})
    return _frame(rows)


def figure_mean_field() -> pl.DataFrame:
    noise, rows, depth = np.random.default_rng(11), [], 100
    cosines = {
        "plain": lambda layer: 0.47 + 0.43 * exp(-layer / 8),
        "residual": lambda layer: 0.9 * (1 + layer / 5) ** -0.363,
        "full": lambda layer: 0.79 + 0.11 * (1 + layer) ** -0.2,
    }
    powers = {"plain": lambda _: 0.56, "residual": lambda layer: 1 + layer, "full": lambda layer: 1 + 2 * layer}
    growths = {
        "plain": lambda layer: layer / 10,
        "residual": lambda layer: layer**0.5,
        "full": lambda layer: 0.7 * layer**0.5,
    }
    curves = {"cosine": cosines, "power": powers, "log10_gradient": growths}
    for quantity, system, layer in product(curves, cosines, range(301)):
        theory = curves[quantity][system](layer)
        row = {"system": system, "quantity": quantity, "layer": layer, "theory": theory, "sigma_w": 2.0, "sigma_b": 0.5}
        row |= dict.fromkeys(("sigma_v", "sigma_a"), 1.0 if system == "full" else None)
        if layer <= depth:
            deviation = float(noise.normal()) if layer else 0.0
            row |= {"simulated": theory * (1 + 0.02 * deviation), "standard_error": 0.02 * theory}
            row |= {"deviation": deviation if layer else None, "draws": 20, "width": 2000, "matrices": "conditioned"}
        rows.append(row)
    return _frame(rows)


def figure_ensembles() -> pl.DataFrame:
    rows = []
    for members in (1, 2, 4):  # each halving costs one point
        error = 0.05 + 0.01 * (2 - log2(members))
        rows.append(_ensemble("networks", log2(members), 2 - log2(members), error, 0.05, members > 1))
    rows += [_ensemble("paths", BLOCKS - k, k, 0.064 + 0.002 * k**2, 0.064, False) for k in range(21)]
    return _frame(rows)


def _ensemble(kind: str, log2_members: float, halvings: float, mean: float, whole: float, several: bool) -> dict:
    return {
        "network": "resnet110", "kind": kind, "log2_members": float(log2_members), "halvings": float(halvings),
        "sets": 6, "mean": mean, "q05": mean - 0.002, "q95": min(1.0, mean + 0.002), "whole": whole,
        "disagreement": 0.07 if several else None,
    }  # fmt: skip


def figure_prediction() -> pl.DataFrame:
    rows = []
    for count, (weights, length) in product(range(21), (("alike", 27), ("energy", 5), ("norm", 11))):
        share = comb(BLOCKS - count, length) / comb(BLOCKS, length)
        mean = 0.064 + 0.002 * count**2
        rows.append({
            "network": "resnet110", "seed": 0, "count": count, "weights": weights, "draws": 50 if count else 1,
            "q05": mean - 0.01, "q95": min(1.0, mean + 0.05), "mean": mean, "intact_error": 0.064, "chance": 0.9,
            "share": share, "predicted": 0.064 + 0.836 * (1 - share),
        })  # fmt: skip
    return _frame(rows)


def figure_runs() -> pl.DataFrame:
    rows = []
    for network, seed, length in product(("resnet110", "vgg15"), (0, 1), (2, 4)):
        for first in range((BLOCKS if network == "resnet110" else 14) - length + 1):
            over = any(first <= block < first + length for block in CHANGES)
            error = 0.064 + 0.02 * length + (0.1 if over else 0) + 0.0001 * first
            known = network == "resnet110"
            rows.append({
                "network": network, "seed": seed, "first": first, "length": length, "changes_shape": over,
                "errors": round(1e4 * error), "images": 10_000, "error": error, "low": error - 0.005,
                "high": error + 0.005, "intact_error": 0.064, "change": error - 0.064,
                "random_median": 0.07 * length if known else None, "random_q25": 0.06 * length if known else None,
                "random_q75": 0.08 * length if known else None, "reversed_error": 0.7 if known else None,
                "shuffled_error": 0.5 if known else None,
            })  # fmt: skip
    return _frame(rows)


def figure_repeat() -> pl.DataFrame:
    rows = []
    for seed, block, times in product((0, 1), [block for block in range(BLOCKS) if block not in CHANGES], (0, 2, 3)):
        error = 0.064 + (0.3 if block == 0 else 0.001) * (times or 1)
        rows.append({
            "network": "resnet110", "seed": seed, "block": block, "times": times, "architecture": "preact_resnet",
            "stage": block // 18, "errors": round(1e4 * error), "images": 10_000, "error": error, "low": error - 0.005,
            "high": error + 0.005, "intact_error": 0.064, "change": error - 0.064,
            "kind": {0: "deleted", 2: "run twice", 3: "run 3 times"}[times],
        })  # fmt: skip
    return _frame(rows)


def figure_influence() -> pl.DataFrame:
    rows, noise = [], np.random.default_rng(14)
    blocks = [block for block in range(BLOCKS) if block not in CHANGES]
    for network, seed in (("resnet110", 0), ("resnet110", 1), ("resnet56", 0)):
        influence = {block: 0.05 + 0.4 * exp(-block / 9) + 0.02 * noise.random() for block in blocks}
        change = {block: 0.001 + 0.05 * influence[block] + 0.005 * noise.random() for block in blocks}
        ranks = [sorted(blocks, key=lambda block, of=of: -of[block]) for of in (influence, change)]
        for block in blocks:
            rows.append({
                "network": network, "seed": seed, "architecture": "preact_resnet", "block": block, "stage": block // 18,
                "changes_shape": False, "influence": influence[block], "error": 0.064 + change[block],
                "intact_error": 0.064, "change": change[block], "rank_influence": 1.0 + ranks[0].index(block),
                "rank_change": 1.0 + ranks[1].index(block), "ranked": len(blocks), "spearman": 0.9 - 0.05 * seed,
                "spearman_low": 0.8, "spearman_high": 0.95,
            })  # fmt: skip
    return _frame(rows)


def figure_training_paths() -> pl.DataFrame:
    rows = []
    weightings = {"number x mean norm": 1.0, "norm of the sum": 0.8, "energy": 0.3}
    for measured_at, seed, epoch in product(("input", "first_block"), (0, 1), (0, 5, 20, 164)):
        for weighting, share in weightings.items():
            if weighting == "number x mean norm" and epoch == 5:
                continue  # sampled paths were not asked for then
            r = 0.256 + 0.3 / (1 + epoch)
            mean = share * BLOCKS * r / (1 + r)
            rows.append({
                "network": "resnet110", "seed": seed, "epoch": epoch, "measured_at": measured_at,
                "weighting": weighting, "mean_length": mean, "mean_length_low": mean - 0.2,
                "mean_length_high": mean + 0.2, "window_low": mean - 6, "window_high": mean + 6,
                **{f"r{end}": None if weighting == "norm of the sum" else r + shift
                   for end, shift in (("", 0), ("_low", -0.01), ("_high", 0.01))},
            })  # fmt: skip
    return _frame(rows)


def figure_pairs() -> pl.DataFrame:
    rows = []
    for first in range(BLOCKS):
        for second in range(first + 1, BLOCKS):
            one, other = 0.001 * (54 - first), 0.001 * (54 - second)
            interaction = 0.04 * exp(-(second - first) / 4) - 0.01
            change = one + other + interaction
            rows.append({
                "network": "resnet110", "seed": 0, "first": first, "second": second,
                "errors": round(1e4 * (0.064 + change)), "images": 10_000, "error": 0.064 + change,
                "intact_error": 0.064, "change": change, "change_first": one, "change_second": other,
                "interaction": interaction, "low": interaction - 0.004, "high": interaction + 0.004,
                "p_holm": 0.001 if abs(interaction) > 0.008 else 1.0, "significant": abs(interaction) > 0.008,
            })  # fmt: skip
    return _frame(rows)


def figure_highway() -> pl.DataFrame:
    noise, rows = np.random.default_rng(11), []
    kinds = {"highway20": "learned gate", "highway20-frozen": "gate frozen at 0.5", "resnet20": "identity skip"}
    for network, seed, block in product(kinds, (0, 1), range(9)):
        row = _deletion(network, seed, "highway", block, 0.1 + 0.02 * block + abs(noise.normal(0, 0.002)), 0.1)
        left_out = ("architecture", "errors", "images", "p_holm")
        gate = 0.15 + 0.04 * block if network == "highway20" else None
        near = {"gate_low": gate - 0.02, "gate_high": gate + 0.03} if gate else {"gate_low": None, "gate_high": None}
        rows.append({key: value for key, value in row.items() if key not in left_out} | near | {
            "kind": kinds[network], "gate": gate, "gate_at_start": 0.2 if gate else None,
            "below_half": 0.9 if gate else None,
        })  # fmt: skip
    return _frame(rows)


def figure_7() -> pl.DataFrame:
    return _frame([
        {"blocks": BLOCKS, "deleted": d, "path_length": k, "fraction": comb(BLOCKS - d, k) / comb(BLOCKS, k)}
        for d in (1, 5, 10, 15, 20)
        for k in range(BLOCKS + 1)
    ])  # fmt: skip


def figure_8() -> pl.DataFrame:
    noise, rows = np.random.default_rng(8), []
    for network, trained, seed in (
        ("resnet110", "all blocks always", 0), ("resnet110", "all blocks always", 1),
        ("resnet110-stochastic-depth", "stochastic depth", 0),
    ):  # fmt: skip
        for block in range(BLOCKS):
            error = _residual_error(block, noise)
            error = error if seed or trained != "stochastic depth" else 0.05 + (error - 0.064) / 2
            row = _deletion(network, seed, "preact_resnet", block, error, 0.064 if "always" in trained else 0.05)
            left_out = ("architecture", "errors", "images", "p_holm")
            rows.append({"trained": trained} | {key: value for key, value in row.items() if key not in left_out})
    return _frame(rows)


def _compared(network: str, test: float, train: float, **columns: object) -> dict:
    errors = {"test_error": test, "train_error": train}
    ends = {f"{name}_{end}": value * factor for name, value in errors.items()
            for end, factor in (("low", 0.9), ("high", 1.1))}  # fmt: skip
    return {"network": network, "seeds": 3, **columns, **errors, **ends}


def figure_depth() -> pl.DataFrame:
    return _frame([
        _compared(f"{kind}{depth}", 0.09 + rise * depth, 0.001 + rise * depth, architecture=kind, depth=depth)
        for kind, rise in (("plain", 0.001), ("resnet", -0.0002))
        for depth in (20, 32, 44, 56, 110)
    ])  # fmt: skip


def figure_blocks_per_batch() -> pl.DataFrame:
    return _frame([
        _compared(f"m{m}", 0.06 + 0.1 * exp(-m / 8), 0.001 + 0.1 * exp(-m / 8), computed=m, whole=m == BLOCKS,
                  blocks=BLOCKS, mean_path_length=m / 2, convolutions=2)
        for m in (6, 12, 23, 40, BLOCKS)
    ])  # fmt: skip


def figure_multiplicity() -> pl.DataFrame:
    rows: list[dict] = []
    for convolutions in (2, 4, 6):
        blocks = 108 // convolutions
        of = {"network": f"blocks-of-{convolutions}", "blocks": blocks, "convolutions": convolutions,
              "log2_paths": float(blocks)}  # fmt: skip
        none = dict.fromkeys(("share", "median", "low", "high")) | {"size": 3}

        def row(panel: str, x: float, mean: float, _: dict = of | none, **columns: float) -> None:
            rows.append(_ | {"panel": panel, "x": float(x), "mean": mean} | columns)

        row("error", blocks, 0.06 + convolutions / 1000, low=0.058, high=0.07)
        for run in (1, 2, 3, 6):
            damage = 0.002 * convolutions * run
            row("consecutive", run * convolutions, damage, share=run / blocks, median=damage / 2, low=0.0, high=damage)
        for count in range(0, blocks // 2):
            error = 0.06 + 0.8 * (count / blocks) ** 2
            row("random", count * convolutions, error, share=count / blocks, median=error, low=error - 0.01, high=error)
        for k in range(blocks + 1):
            row("spectrum", k * convolutions, comb(blocks, k) * 0.2**k * 0.8 ** (blocks - k) / convolutions)
        row("window", 21.6, 21.6, low=10.0, high=33.0)
    return _frame(rows)


def figure_training() -> pl.DataFrame:
    noise, rows = np.random.default_rng(9), []
    for network, seed, epoch in product(("resnet110", "vgg15", "resnet110-effective-paths"), (0, 1), range(165)):
        rate = 0.1 if epoch <= 82 else 0.01 if epoch <= 123 else 0.001
        floor = {0.1: 0.15, 0.01: 0.075, 0.001: 0.064}[rate]
        rows.append({
            "network": network, "seed": seed, "epoch": epoch, "learning_rate": rate if epoch else None,
            "train_loss": 0.3 if epoch else None,
            "train_error": floor * 0.6 * exp(-epoch / 80) + 0.5 * exp(-epoch / 5) if epoch else None,
            "test_error": min(0.9, floor + 0.8 * exp(-epoch / 5) + abs(float(noise.normal(0, 0.08 * floor)))),
        })  # fmt: skip
    return _frame(rows)


VIEWS = {
    view.__name__: cache(view)  # a frame never changes
    for view in (
        figure_1, figure_2, figure_3, figure_4, figure_5a, figure_5b, figure_6a, figure_6b, figure_6c, figure_7,
        figure_depth, figure_multiplicity, figure_blocks_per_batch,
        figure_8, figure_control, figure_ensembles, figure_mean_field, figure_highway, figure_pairs,
        figure_prediction, figure_spectrum, figure_training, figure_runs, figure_repeat, figure_influence,
        figure_training_paths, figure_other_deletions, figure_redundancy,
    )
}  # fmt: skip
