"""How was each figure measured?  One sentence each, from the study's own config."""

from typing import Any

from resdag.report.words import listed, number

Config = dict[str, Any]
MATRICES = {
    "formed": "each weight matrix drawn in full",
    "conditioned": "of each weight matrix only its products with the vectors at hand, by their exact joint law",
}


def method(figure: str, config: Config) -> str:
    """How this study measured what the figure shows; empty where the caption says it all."""
    sentences = {
        "figure_3": _single, "figure_4": _single, "figure_8": _single, "figure_5a": _random, "figure_5b": _reorder,
        "figure_6b": _gradients, "figure_6c": _gradients, "figure_spectrum": _spectrum,
        "figure_depth": _depth, "figure_multiplicity": _multiplicity,
        "figure_blocks_per_batch": _blocks_per_batch,
        "figure_mean_field": _mean_field, "figure_highway": _gates,
        "figure_training": _training, "figure_ensembles": _ensembles, "figure_prediction": _prediction,
        "figure_control": _control, "figure_pairs": _pairs, "figure_runs": _runs, "figure_repeat": _repeat,
        "figure_training_paths": _along_training,
    }  # fmt: skip
    return sentences[figure](config) if figure in sentences else ""


def _single(config: Config) -> str:
    single = _section(config, "lesions", "single")
    return "" if single is None else (
        "Each block alone is replaced by its skip connection, without any retraining, and the whole test set is "
        f"measured, on {listed(single['networks'])}."
    )  # fmt: skip


def _random(config: Config) -> str:
    random = _section(config, "lesions", "random")
    return "" if random is None else (
        f"{number(random['draws'])} random choices for each number of blocks, the same for all networks of equal "
        f"size; numbers of blocks: {listed(random['counts'])}."
    )  # fmt: skip


def _reorder(config: Config) -> str:
    reorder = _section(config, "lesions", "reorder")
    return "" if reorder is None else (
        f"{number(reorder['draws'])} random orders for each number of swaps; only blocks of equal shape change "
        f"places; swaps: {listed(reorder['swaps'])}."
    )  # fmt: skip


def _gradients(config: Config) -> str:
    gradients = _section(config, "paths", "gradients")
    return "" if gradients is None else (
        f"{number(gradients['samples'])} random paths of each length; the norm is taken over a batch of "
        f"{number(gradients['batch_size'])} training images, {number(gradients['samples_per_batch'])} paths of each "
        f"length to a batch; batch norm in {gradients['batch_norm']} mode; intervals resample batches. Lengths are in "
        "blocks; a block holds two layers, so a length of 5 blocks is 10 layers."
    )  # fmt: skip


def _spectrum(config: Config) -> str:
    spectrum = _section(config, "paths", "spectrum")
    return "" if spectrum is None else (
        f"{number(spectrum['batches'])} batches of {number(spectrum['batch_size'])} training images, batch norm "
        f"in eval mode. The sums are exact; the energy is estimated with {number(spectrum['sign_draws'])} random signs "
        "for each image and block, and so has a standard error of its own."
    )  # fmt: skip


def _control(config: Config) -> str:
    skip, recalibrated = (_section(config, "lesions", name) for name in ("skip", "recalibrated"))
    parts = [
        f"Skips are deleted one by one, on {listed(skip['networks'])}." if skip else "",
        f"Statistics are re-estimated on the first {number(recalibrated['images'])} training images, on "
        f"{listed(recalibrated['networks'])}; what is deleted is not run." if recalibrated else "",
    ]  # fmt: skip
    return " ".join(part for part in parts if part)


def _pairs(config: Config) -> str:
    pair = _section(config, "lesions", "pair")
    return "" if pair is None else (
        f"All pairs, on {listed(pair['networks'])}; every number is a mean over the same test images of wrong answers "
        "under both deletions, less those under each, plus those of the intact network. A pair interacts if an exact "
        "test over images says so after Holm's correction over all pairs of its network and seed; each interval is of "
        "one pair by itself."
    )  # fmt: skip


def _depth(config: Config) -> str:
    compared = _section(config, "comparisons", "depth")
    return "" if compared is None else (
        f"Networks: {listed(compared['networks'])}; one width and one recipe, but for a warm-up where one is named."
    )  # fmt: skip


def _multiplicity(config: Config) -> str:
    compared = _section(config, "comparisons", "multiplicity")
    return "" if compared is None else (
        f"Networks: {listed(compared['networks'])}; the same layers in the same order, with skips around every 2, 4 or "
        "6 of them. Deletions are those of the sections lesions.single, lesions.run and lesions.random, as far as "
        "these name the networks; path lengths those of paths.spectrum, after the last epoch, at the input."
    )  # fmt: skip


def _blocks_per_batch(config: Config) -> str:
    compared = _section(config, "comparisons", "blocks_per_batch")
    return "" if compared is None else (
        f"Networks: {listed(compared['networks'])}; so many blocks are drawn uniformly for every batch, and only these "
        "are computed, forward and backward."
    )  # fmt: skip


def _mean_field(config: Config) -> str:
    section = config.get("mean_field")
    return "" if section is None else (
        f"{number(section['draws'])} random networks of each system, width {number(section['width'])}, "
        f"{number(section['depth'])} layers, {MATRICES[section['matrices']]}. Inputs have mean square 1 and cosine "
        f"{section['cosine']:g}. The recursion is iterated for {number(section['theory_depth'])} layers, its integrals "
        "by quadrature."
    )  # fmt: skip


def _gates(config: Config) -> str:
    gates = config.get("gates")
    return "" if gates is None else (
        f"Gates of {listed(gates['networks'])}, one for each unit of each block, on the test images, batch norm in "
        "eval mode, before training and after it. A deleted block has its gate shut: its input goes on whole."
    )  # fmt: skip


def _ensembles(config: Config) -> str:
    ensembles = config.get("ensembles")
    return "" if ensembles is None else (
        f"Seeds of {listed(ensembles['networks'])}, {listed(ensembles['members'])} at a time: every set of them, or "
        f"{number(ensembles['draws'])} random ones where there are more. Probabilities after the softmax are averaged."
    )  # fmt: skip


def _prediction(config: Config) -> str:
    spectrum, random = _section(config, "paths", "spectrum"), _section(config, "lesions", "random")
    return "" if spectrum is None or random is None else (
        "Nothing more is measured: the errors are those of figure 5a, the energies those of the exact spectrum of the "
        f"trained network at the input image, mean over {number(spectrum['batches'])} batches, and the norms those of "
        "figure 6c. Chance is 1 - 1 / classes."
    )  # fmt: skip


def _runs(config: Config) -> str:
    run = _section(config, "lesions", "run")
    return "" if run is None else (
        f"Every run of {listed(run['lengths'])} blocks, on {listed(run['networks'])}; what it is held against is drawn "
        "at random for figures 5a and 5b."
    )  # fmt: skip


def _repeat(config: Config) -> str:
    repeat = _section(config, "lesions", "repeat")
    return "" if repeat is None else (
        f"Each block that keeps its shape is run {listed(repeat['times'])} times in a row, by itself, with the weights "
        f"and statistics that it has, on {listed(repeat['networks'])}."
    )  # fmt: skip


def _along_training(config: Config) -> str:
    sections = {name: _section(config, "paths", name) for name in ("gradients", "spectrum")}
    said = [f"{words} at {listed(section['epochs'])}" for name, words in _PATHS.items() if (section := sections[name])]
    return "" if not said else (
        f"Measured: {listed(said)}; first is the initialisation, numbers are epochs of training after which the "
        "weights were kept. Batch norm is in eval mode, so at initialisation with statistics that no image has touched."
    )  # fmt: skip


_PATHS = {"gradients": "sampled paths", "spectrum": "sums and energies of all paths"}


def _training(config: Config) -> str:
    recipe = config.get("training") or {}
    return "" if "epochs" not in recipe else (
        f"The study's recipe: SGD, {number(recipe['epochs'])} epochs, batches of {number(recipe['batch_size'])}, "
        f"learning rate {recipe['learning_rate']:g}, momentum {recipe['momentum']:g}, weight decay "
        f"{recipe['weight_decay']:g}; single networks may change it."
    )  # fmt: skip


def _section(config: Config, part: str, name: str) -> dict[str, Any] | None:
    return (config.get(part) or {}).get(name)
