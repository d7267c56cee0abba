"""The rules that `resdag run` knows: what each says for people, and what tells its jobs apart."""

from collections.abc import Mapping

from resdag.layout import KEYS

_WORDS = {
    "prepare_data": "check or fetch the images, and write them as tensors",
    "train_network": "train a network, or go on where it was interrupted",
    "load_network": "take over a network that was trained elsewhere",
    "evaluate_network": "measure an intact network",
    "measure_gates": "how far open the gates of a highway network are",
    "delete_single": "delete each block by itself (figures 3, 4, 8)",
    "delete_random": "delete k random blocks (figure 5a)",
    "reorder_blocks": "let blocks change places (figure 5b)",
    "delete_skips": "delete each skip by itself, its branch kept",
    "delete_recalibrated": "delete each block by itself, then re-estimate batch norm",
    "delete_pairs": "delete every two blocks together",
    "delete_runs": "delete consecutive blocks together",
    "average_ensembles": "average networks trained from different seeds",
    "repeat_blocks": "run each block several times in a row",
    "sample_path_gradients": "gradients along paths (figures 6b, 6c)",
    "measure_path_spectrum": "all paths of each length: their sum, exactly, and their energy",
    "count_paths": "path lengths and remaining paths in closed form (figures 6a, 7)",
    "compare_networks": "hold networks of other depth, multiplicity or blocks per batch against each other",
    "iterate_mean_field": "moments of infinitely wide random networks, by recursion",
    "simulate_mean_field": "moments of random networks, simulated",
    "compute_lesion_tests": "does a single deletion change the error?",
    "compute_interactions": "which pairs of blocks interact?",
    "compute_path_norms": "norms of sampled paths by length",
    "compute_spectrum_norms": "norms of all paths of each length",
    "judge_claims": "hold the numbers to each statement of the paper",
    "write_database": "put the study's rows into results.duckdb",
    "draw_figure": "draw a figure from its view",
    "write_report": "write report.html",
}


def rules() -> Mapping[str, tuple[str, tuple[str, ...]]]:
    """Rule -> what it does, and what tells its jobs apart."""
    return {rule: (words, KEYS.get(rule, ())) for rule, words in _WORDS.items()}
