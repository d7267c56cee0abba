"""Job: delete each block by itself, then re-estimate batch-norm statistics (beyond Veit et al. 2016)."""

from resdag.jobs.context import Context, Tables
from resdag.jobs.opening import description, images, network_and_test_images
from resdag.lesions import controls
from resdag.training.evaluate import first


def run(context: Context) -> Tables:
    """Rows of `lesions`: the intact network and every single deletion."""
    network, test = network_and_test_images(context)
    train = first(images(context, "train", description(context)), context.spec["images"])
    return {"lesions": controls.recalibrated(network, train, test, context.memory_bytes)}
