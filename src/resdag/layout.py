"""Where does each rule write, and what tells its jobs apart?"""

from pathlib import Path

CONFIG = Path("config")
RESULTS = Path("results")
DATABASE = Path("results.duckdb")

# What each rule writes, under results/STUDY/: patterns that Snakemake matches and `str.format` fills.
# A name that is a table's holds rows of it.  Every pattern ends in the fingerprint but for files with fixed names.
_NETWORK = "{network}/seed{seed}-{fingerprint}"
_CHUNK = "{network}/seed{seed}-draws{chunk}-{fingerprint}.parquet"
LAYOUT: dict[str, dict[str, str]] = {
    "prepare_data": {"images": "data/images-{fingerprint}.safetensors"},
    "train_network": {
        "weights": f"networks/{_NETWORK}/weights.safetensors",
        "initial": f"networks/{_NETWORK}/initial.safetensors",
        "kept": f"networks/{_NETWORK}/kept.safetensors",
        "training": f"networks/{_NETWORK}/training.json",
        "epochs": f"networks/{_NETWORK}/epochs.parquet",
    },
    "load_network": {
        "weights": f"loaded/{_NETWORK}/weights.safetensors",
        "training": f"loaded/{_NETWORK}/training.json",
    },
    "evaluate_network": {
        table: f"evaluations/{_NETWORK}/{table}.parquet" for table in ("networks", "evaluations", "blocks", "lesions")
    },
    "measure_gates": {"gates": f"gates/{_NETWORK}.parquet"},
    "delete_single": {table: f"lesions/single/{_NETWORK}/{table}.parquet" for table in ("lesions", "predictions")},
    "delete_random": {"lesions": f"lesions/random/{_CHUNK}"},
    "reorder_blocks": {"reorderings": f"lesions/reorder/{_CHUNK}"},
    "delete_skips": {"lesions": f"lesions/skip/{_NETWORK}.parquet"},
    "delete_recalibrated": {"lesions": f"lesions/recalibrated/{_NETWORK}.parquet"},
    "delete_pairs": {table: f"lesions/pair/{_NETWORK}/{table}.parquet" for table in ("lesions", "pair_answers")},
    "delete_runs": {"lesions": f"lesions/run/{_NETWORK}.parquet"},
    "average_ensembles": {"ensembles": "ensembles/{network}/{fingerprint}.parquet"},
    "repeat_blocks": {"lesions": f"lesions/repeat/{_NETWORK}.parquet"},
    "sample_path_gradients": {
        "path_gradients": "paths/gradients/{network}/seed{seed}-{epoch}-batches{chunk}-{fingerprint}.parquet"
    },
    "measure_path_spectrum": {
        "path_spectrum": "paths/spectrum/{network}/seed{seed}-{epoch}-batches{chunk}-{fingerprint}.parquet"
    },
    "count_paths": {
        table: f"paths/closed-forms/{_NETWORK}/{table}.parquet" for table in ("path_lengths", "paths_remaining")
    },
    "compare_networks": {"comparisons": "comparisons/comparisons-{fingerprint}.parquet"},
    "iterate_mean_field": {"mean_field_theory": "mean-field/{system}/theory-{fingerprint}.parquet"},
    "simulate_mean_field": {"mean_field": "mean-field/{system}/draws{chunk}-{fingerprint}.parquet"},
    "compute_lesion_tests": {"lesion_tests": "statistics/lesion-tests-{fingerprint}.parquet"},
    "compute_interactions": {"interactions": "statistics/interactions-{fingerprint}.parquet"},
    "compute_path_norms": {
        table: f"statistics/path-norms-{{fingerprint}}/{table}.parquet" for table in ("path_norms", "path_fits")
    },
    "compute_spectrum_norms": {
        table: f"statistics/spectrum-norms-{{fingerprint}}/{table}.parquet"
        for table in ("spectrum_norms", "spectrum_windows")
    },
    "judge_claims": {"claims": "claims/claims-{fingerprint}.parquet"},
    "write_database": {"manifest": "database/{fingerprint}.json"},
    "draw_figure": {form: f"figures/{{figure}}.{form}" for form in ("svg", "png", "html", "csv")}
    | {"stamp": "figures/stamps/{figure}-{fingerprint}"},
    "write_report": {"report": "report.html", "stamp": "report-stamps/{fingerprint}"},
}
# Which rule measures the rows of an experiment in the table `lesions`; those marked recalibrated have one of their own.
EXPERIMENTS = {
    "intact": "evaluate_network", "single": "delete_single", "random": "delete_random", "skip": "delete_skips",
    "pair": "delete_pairs", "run": "delete_runs", "repeat": "repeat_blocks",
}  # fmt: skip
RECALIBRATED = "delete_recalibrated"
# Rules that compute with torch: each takes a device, and the arithmetic that is set for all.
TORCH_RULES = {
    "train_network", "load_network", "evaluate_network", "delete_single", "delete_random", "reorder_blocks",
    "delete_skips", "delete_recalibrated", "delete_pairs", "delete_runs", "repeat_blocks",
    "sample_path_gradients", "measure_path_spectrum", "simulate_mean_field", "measure_gates",
    "average_ensembles",
}  # fmt: skip
# Rules of the measuring wing; all others read, and import no torch.
MEASURING_RULES = TORCH_RULES | {"prepare_data", "iterate_mean_field"}
# What tells the jobs of a rule apart, in the names of their logs and benchmarks.
KEYS: dict[str, tuple[str, ...]] = {
    "train_network": ("network", "seed"),
    "load_network": ("network", "seed"),
    "evaluate_network": ("network", "seed"),
    "measure_gates": ("network", "seed"),
    "delete_single": ("network", "seed"),
    "delete_skips": ("network", "seed"),
    "delete_recalibrated": ("network", "seed"),
    "delete_pairs": ("network", "seed"),
    "delete_runs": ("network", "seed"),
    "repeat_blocks": ("network", "seed"),
    "count_paths": ("network", "seed"),
    "average_ensembles": ("network",),
    "delete_random": ("network", "seed", "chunk"),
    "reorder_blocks": ("network", "seed", "chunk"),
    "sample_path_gradients": ("network", "seed", "epoch", "chunk"),
    "measure_path_spectrum": ("network", "seed", "epoch", "chunk"),
    "iterate_mean_field": ("system",),
    "simulate_mean_field": ("system", "chunk"),
    "draw_figure": ("figure",),
}


def pattern(rule: str, study: str, folder: str, suffix: str) -> str:
    """Pattern of a rule's log or benchmark file: `results/STUDY/logs/RULE/NETWORK-SEED-FINGERPRINT.log`."""
    name = "-".join(f"{{{key}}}" for key in (*KEYS.get(rule, ()), "fingerprint"))
    return f"{base(study)}/{folder}/{rule}/{name}{suffix}"


def base(study: str) -> str:
    """Folder of a study's results."""
    return f"{RESULTS}/{study}"
