"""What does this study do differently from the paper, or where the paper leaves it open?

Sentences follow from what the networks table and the config hold: a choice that no network of the
study makes is not mentioned.
"""

from typing import Any

import polars as pl

from resdag.figures.words import listed

NAMED = 6
"""Networks that a sentence names where there are many."""
DATASETS = {
    "digits": "scikit-learn's handwritten digits, grey images of 8 × 8 in ten classes",
    "cifar10": "CIFAR-10",
    "cifar100": "CIFAR-100",
    "image_folder": "a folder of images",
    "imagenet": "ImageNet",
}
SHORTCUTS = {
    "subsample": "Where the shape changes, the skip takes every second pixel and pads the new channels with zeros "
    "(no parameters; option A of He et al. 2015)",
    "projection": "Where the shape changes, the skip is a 1 × 1 convolution, which stays when its block is deleted",
}
FIRST_BLOCKS = {
    "plain": "The first block has a batch norm and ReLU of its own",
    "shared": "The first block shares its first batch norm and ReLU with its skip, as in He's code",
}
TEST_SCALES = {
    "m/n": "After training on a few blocks per batch, each branch is scaled at test time by the share of blocks "
    "trained; the paper does not say, so the other way is measured beside it",
    "survival": "After stochastic depth, each branch is scaled at test time by its survival probability",
}


def dataset_note(config: dict[str, Any]) -> str:
    """What was judged, where it is not the paper's CIFAR-10; empty where it is."""
    dataset = config.get("dataset") or {}
    kind = str(dataset.get("kind", "unknown"))
    limits = [f"{dataset[key]:,} {word} images" for key, word in _LIMITS.items() if dataset.get(key)]
    limited = f" Only {listed(limits)} were used." if limits else ""
    if kind == "cifar10":
        return limited.strip()
    subject = "Digits were judged" if kind == "digits" else "Other images were judged"
    return (
        f"{subject}: the paper's statements are about CIFAR-10, the networks here were trained and tested on "
        f"{DATASETS.get(kind, kind)}. The same rules are applied, with the levels of the study file.{limited}"
    )


_LIMITS = {"train_limit": "training", "test_limit": "test"}


def choices(networks: pl.DataFrame) -> list[str]:
    """The choices that the networks of the study make, each with the networks that make it."""
    found = [
        _choice(networks, column, value, words)
        for column, options in (("shortcut", SHORTCUTS), ("first_block", FIRST_BLOCKS), ("test_scale", TEST_SCALES))
        for value, words in options.items()
    ]
    return [sentence for sentence in (*found, *_special(networks), *ALWAYS) if sentence]


ALWAYS = (
    "The test error is that after the last epoch, never the best one.",
    "Crops and flips are drawn anew for every image.",
    "Intervals for one network are Wilson's; an intact and a lesioned network are compared on the same images by "
    "McNemar's exact test with Holm's correction; equality of two trainings is judged by two one-sided tests.",
)


def _choice(networks: pl.DataFrame, column: str, value: str, words: str) -> str:
    names = _names(networks.filter(pl.col(column) == value))
    return f"{words}: {_some(names)}." if names else ""


def _special(networks: pl.DataFrame) -> list[str]:
    """What the paper leaves open about its VGG, and networks whose weights come from elsewhere."""
    vgg = _names(networks.filter(architecture="vgg"))
    highway = _names(networks.filter(architecture="highway"))
    loaded = _names(networks.filter(source="loaded"))
    return [
        f"The paper gives the depth and width of its VGG and no more; here it has convolutions in five groups with a "
        f"max-pool after each, and a layer that goes leaves its pool behind: {_some(vgg)}." if vgg else "",
        f"The branch of a highway block ends in a ReLU and nothing follows its sum; its gates are a sigmoid of a 1 × 1 "
        f"convolution, one for each unit; where the shape changes, the input is subsampled before it is gated; "
        f"deleting a block shuts its gate: {_some(highway)}." if highway else "",
        f"Not trained here, weights loaded: {_some(loaded)}." if loaded else "",
    ]  # fmt: skip


def _some(names: list[str]) -> str:
    """Networks in a sentence; of many the first, and how many more there are."""
    return listed(names if len(names) <= NAMED + 2 else [*names[:NAMED], f"{len(names) - NAMED:,} more"])


def _names(networks: pl.DataFrame) -> list[str]:
    return networks["network"].unique().sort().to_list()
