"""Job: delete every two blocks of one network together (beyond Veit et al. 2016)."""

from resdag.jobs.context import Context, Tables
from resdag.jobs.opening import network_and_test_images
from resdag.lesions import controls


def run(context: Context) -> Tables:
    """Rows of `lesions`."""
    network, test = network_and_test_images(context)
    return {"lesions": controls.pairs(network, test, context.memory_bytes)}
