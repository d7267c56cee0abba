"""The statements of the paper, each with its value there, our rule, and who judges it.

A rule is a sentence in which {names} stand for the numbers of the study file's
`claims` section.
"""

from collections.abc import Callable
from typing import NamedTuple

from resdag.queries import judge_comparisons as comparisons
from resdag.queries import judge_ensembles as ensembles
from resdag.queries import judge_highway as highway
from resdag.queries import judge_lesions as lesions
from resdag.queries import judge_mean_field as mean_field
from resdag.queries import judge_paths as paths
from resdag.queries import judge_spectrum as spectrum
from resdag.queries import judge_training as training
from resdag.queries.verdicts import Evidence, Finding


class Statement(NamedTuple):
    """One statement of the paper; `measured` is False for closed forms, which no dataset touches."""

    claim: str
    figure: str
    statement: str
    paper: str
    unit: str
    rule: str
    judge: Callable[[Evidence], Finding]
    measured: bool = True


STATEMENTS: tuple[Statement, ...] = (
    Statement(
        "baseline_error", "section 5",
        "The residual network reaches the test error of its authors.",
        "6.10 %", "fraction",
        "mean over seeds in {baseline_error[0]:.1%} to {baseline_error[1]:.1%}",
        training.baseline_error,
    ),
    Statement(
        "single_deletion", "figure 3",
        "Deleting any one block of a residual network that keeps its shape has no visible effect.",
        "no visible change", "fraction",
        "median absolute change of error below {single_median_change:.2%}",
        lesions.single_deletion,
    ),
    Statement(
        "single_deletion_peaks", "figure 3",
        "Deleting a block that changes the shape makes a small peak.",
        "small peaks at two blocks", "rank",
        "every block that changes shape among the {single_worst} worst",
        lesions.single_deletion_peaks,
    ),
    Statement(
        "single_deletion_imagenet", "figure 4",
        "On ImageNet too, deleting one block that keeps its shape has no visible effect.",
        "no visible change", "fraction",
        "median absolute change of error below {single_median_change:.2%}, on a study of an image folder",
        lesions.single_deletion_imagenet, False,
    ),
    Statement(
        "vgg_chance", "figure 3",
        "Deleting a layer of a VGG takes it to chance.",
        "chance: 90 % of ten classes", "fraction",
        "median error over layers above {vgg_error:.1%}",
        lesions.vgg_chance,
    ),
    Statement(
        "vgg_every_layer", "figure 3",
        "Deleting a layer takes a VGG to chance whichever layer it is.",
        "chance for every layer", "fraction",
        "error above {vgg_error:.1%} for every layer",
        lesions.vgg_every_layer,
    ),
    Statement(
        "random_deletion", "figure 5a",
        "Error grows smoothly with the number of deleted blocks.",
        "smooth growth", "correlation",
        "Spearman correlation of number and error above {random_correlation:g}",
        lesions.random_deletion,
    ),
    Statement(
        "random_deletion_medians", "figure 5a",
        "The typical error rises with each further number of deleted blocks.",
        "no fall", "falls",
        "no fall of the median from one number to the next",
        lesions.random_deletion_medians,
    ),
    Statement(
        "random_deletion_error", "figure 5a",
        "With ten blocks deleted, the error is still low.",
        "about 0.2 at 10 blocks", "fraction",
        "median error at {random_count} blocks in {random_error[0]:.1%} to {random_error[1]:.1%}",
        lesions.random_deletion_error,
    ),
    Statement(
        "random_deletion_severe", "figure 5a",
        "With twenty blocks deleted, the damage is severe.",
        "severe at 20 blocks", "fraction",
        "median error at {severe_count} blocks above {severe_error:.1%}",
        lesions.random_deletion_severe,
    ),
    Statement(
        "reordering", "figure 5b",
        "Error rises smoothly as blocks are put in another order.",
        "smooth growth as tau falls", "correlation",
        "Spearman correlation of Kendall's tau and error below {reorder_correlation:g}, "
        "over tau from 1 to {reorder_tau:g}",
        lesions.reordering,
    ),
    Statement(
        "reordering_identity", "figure 5b",
        "The trained order, run as a reordering, is the intact network.",
        "the intact error", "images",
        "no answer differs at tau 1",
        lesions.reordering_identity,
    ),
    Statement(
        "path_lengths", "figure 6a",
        "Most paths of 54 blocks enter about half of them.",
        "more than 95 % in 19 to 35 blocks", "fraction",
        "share of paths of {path_length_range[0]} to {path_length_range[1]} blocks above {path_length_share:.1%}",
        paths.path_lengths, False,
    ),
    Statement(
        "effective_path_lengths", "section 5",
        "The effective path lengths hold few of all paths.",
        "0.45 % in 5 to 17 blocks", "fraction",
        "share of paths of 5 to 17 blocks rounds to 0.45 %",
        paths.effective_path_lengths, False,
    ),
    Statement(
        "gradient_line", "figure 6b",
        "The gradient of a path falls exponentially with its length.",
        "about exponential", "R^2",
        "R^2 of mean log norm on length above {gradient_r_squared:g}",
        paths.gradient_line,
    ),
    Statement(
        "gradient_factor", "figure 6b",
        "Each further block multiplies a path's gradient by a factor well below 1.",
        ".256, from its 5 to 17 blocks", "factor",
        "r in {gradient_r[0]:g} to {gradient_r[1]:g}",
        paths.gradient_factor,
    ),
    Statement(
        "effective_window", "figure 6c",
        "The gradient comes from short paths.",
        "5 to 17 blocks", "blocks",
        "mean +- 2 sd of length, weighted by contribution, "
        "in {effective_window[0]} to {effective_window[1]} blocks",
        paths.effective_window,
    ),
    Statement(
        "effective_share", "figure 6c",
        "The paths that carry the gradient are few of all.",
        "0.45 %", "fraction",
        "share of all paths in the measured window below {effective_share:.1%}",
        paths.effective_share,
    ),
    Statement(
        "summed_window", "beyond the paper",
        "The effective path lengths survive when all paths of a length are added as vectors.",
        "5 to 17 blocks, from norms of single paths", "blocks",
        "mean +- 2 sd of length, weighted by the norm of the sum over all paths, "
        "in {summed_window[0]} to {summed_window[1]} blocks",
        spectrum.summed_window,
    ),
    Statement(
        "explicit_ensemble", "beyond the paper",
        "Half of the paths of a residual network are worth as much as half of an ensemble of networks.",
        "like an ensemble", "fraction",
        "cost of halving the paths, as often as the ensemble can be halved, equivalent to that of halving its members "
        "within {halving_margin:.2%}",
        ensembles.explicit_ensemble,
    ),
    Statement(
        "predicted_error", "figures 5a and 7",
        "The error after random deletion follows from the share of paths that equation 8 leaves.",
        "the reason given for smooth growth", "fraction",
        "error predicted by energy within {prediction_distance:.1%} of the mean error, root mean square; "
        "Spearman correlation of share and error below {prediction_correlation:g}",
        ensembles.predicted_error,
    ),
    Statement(
        "effective_training", "section 5",
        "Training on the effective paths only is as good as training on all.",
        "5.96 % against 6.10 %", "fraction",
        "mean errors equivalent within {equivalence_margin:.2%}, two seeds of each at least",
        training.effective_training,
    ),
    Statement(
        "remaining_paths", "figure 7, equation 8",
        "Deleting blocks leaves a larger share of the short paths than of the long ones.",
        ".981 .907 .796 .685 .500 at 1 5 11 17 27 blocks, one deleted", "fraction",
        "deviation from C(n - d, x) / C(n, x) below 1e-9",
        paths.remaining_paths, False,
    ),
    Statement(
        "stochastic_depth", "figure 8",
        "Stochastic depth makes a network slightly more resilient to deletion.",
        "slightly more resilient", "fraction",
        "mean change of error by single deletions no larger than without, paired over blocks",
        lesions.stochastic_depth,
    ),
    Statement(
        "depth", "beyond the paper",
        "Without skip connections a deeper network trains worse; with them it does not (He et al. 2015).",
        "plain networks degrade, residual ones do not", "fraction",
        "training error of the deepest network less the shallowest above {depth_rise:.2%} without skips, "
        "below it with them",
        comparisons.depth,
    ),
    Statement(
        "multiplicity", "beyond the paper",
        "It is the number of paths that protects a network: at equal depth, fewer paths suffer more from a deletion.",
        "more damage with fewer paths", "fraction",
        "mean change of error for each layer deleted, fewest paths less most, above {multiplicity_damage:.2%}",
        comparisons.multiplicity,
    ),
    Statement(
        "blocks_per_batch", "beyond the paper",
        "Training needs only few blocks in each batch, so only short paths.",
        "23 of 54 blocks are as good as all", "blocks",
        "equivalent to all within {equivalence_margin:.2%} at {blocks_per_batch_share:.0%} of the blocks or fewer, "
        "two seeds of each at least",
        comparisons.blocks_per_batch,
    ),
    Statement(
        "highway", "equation 3",
        "Highway networks mostly carry their input.",
        "gates mostly closed", "gate",
        "mean gate below {highway_gate:g} in most blocks: their median",
        highway.gates,
    ),
    Statement(
        "highway_frozen", "equation 3",
        "Highway networks with their gates at one half are equivalent to residual networks.",
        "equivalent (He et al. 2016: 12.35 % against 6.61 %)", "fraction",
        "mean errors equivalent within {equivalence_margin:.2%}, two seeds of each at least",
        highway.frozen,
    ),
    Statement(
        "mean_field", "beyond the paper",
        "Random networks, plain and residual, follow the mean-field recursion (Yang and Schoenholz 2017).",
        "simulation on the recursion", "fraction",
        "in every system at least {mean_field_share:.1%} of layers and quantities within {mean_field_deviation:g} "
        "standard errors of the recursion; not all, since one excursion lasts for many layers",
        mean_field.simulation, False,
    ),
    Statement(
        "mean_field_exponent", "beyond the paper",
        "In random residual networks two inputs grow apart by a power of depth (Yang and Schoenholz 2017).",
        "exponent 2/pi - 1 = -.363", "exponent",
        "slope of the recursion's log cosine over layers {mean_field_layers[0]} to {mean_field_layers[1]} "
        "within {mean_field_margin:g} of 2/pi - 1",
        mean_field.exponent, False,
    ),
)  # fmt: skip
