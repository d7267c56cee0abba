"""Each block deleted by itself (Veit et al. 2016, figures 3, 4 and 8)."""

from collections.abc import Iterator, Sequence

from resdag.jobs.context import Context, Tables
from resdag.jobs.opening import network_and_test_images
from resdag.lesions.lesion import single_deletions
from resdag.lesions.rows import Pictures, Row, deletable_blocks, deletion_row, with_intact
from resdag.lesions.way import AS_JOBS_DO, Way
from resdag.models.network import Network
from resdag.training.evaluate import Score


def single(network: Network, images: Pictures, way: Way = AS_JOBS_DO) -> tuple[list[Row], list[Score]]:
    """Rows of `lesions` for every single deletion, and the scores behind them."""
    lesions = single_deletions(len(network.blocks), deletable_blocks(network))
    before, scores = with_intact(network, images, lesions, way)
    rows = [deletion_row(lesion, "single", None, before, after) for lesion, after in zip(lesions, scores, strict=True)]
    return rows, scores


def predictions(lesions: Sequence[Row], scores: Sequence[Score]) -> Iterator[Row]:
    """Rows of `predictions`: what the network said of each image under each lesion."""
    for lesion, score in zip(lesions, scores, strict=True):
        answers = zip(score.labels.tolist(), score.predicted.tolist(), strict=True)
        for image, (label, predicted) in enumerate(answers):
            yield {"lesion": lesion["lesion"], "image": image, "label": label, "predicted": predicted}


def run(context: Context) -> Tables:
    """Job: rows of `lesions`, and of `predictions` where the study asks for them."""
    network, test = network_and_test_images(context)
    lesions, scores = single(network, test, Way(context.memory_bytes))
    asked = context.spec["predictions"]
    return {"lesions": lesions} | ({"predictions": [*predictions(lesions, scores)]} if asked else {})
