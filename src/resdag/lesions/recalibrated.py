"""Each block deleted by itself, then batch-norm statistics re-estimated: a control, beyond Veit et al. 2016.

Statistics re-estimated after a deletion tell shifted statistics from lost information.
"""

from resdag.datasets.tensors import Images
from resdag.jobs.context import Context, Tables
from resdag.jobs.opening import description, images, network_and_test_images
from resdag.lesions.lesion import intact, single_deletions
from resdag.lesions.recalibration import measure_recalibrated
from resdag.lesions.rows import Row, deletable_blocks, deletion_row, measured
from resdag.lesions.way import AS_JOBS_DO, Way
from resdag.models.network import Network
from resdag.training.evaluate import first


def recalibrated(network: Network, train: Images, test: Images, way: Way = AS_JOBS_DO) -> list[Row]:
    """Rows of `lesions` for the intact network and every single deletion, statistics re-estimated on `train` after it.

    `broken` and `repaired` are against the intact network as it was trained.
    """
    blocks = len(network.blocks)
    lesions = [intact(blocks), *single_deletions(blocks, deletable_blocks(network))]
    (before,) = measured(network, test, lesions[:1], way)
    after = measure_recalibrated(network, train, test, lesions, memory_bytes=way.memory_bytes, metric=way.metric)
    rows = []
    for lesion, score in zip(lesions, after, strict=True):
        row = deletion_row(lesion, "single" if lesion.deleted else "intact", None, before, score)
        rows.append(row | {"lesion": f"{lesion.name}+bn", "recalibrated": True})
    return rows


def run(context: Context) -> Tables:
    """Job: rows of `lesions`."""
    network, test = network_and_test_images(context)
    train = first(images(context, "train", description(context)), context.spec["images"])
    return {"lesions": recalibrated(network, train, test, Way(context.memory_bytes))}
