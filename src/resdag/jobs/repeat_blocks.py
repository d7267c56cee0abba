"""Job: run each block of one network several times in a row (beyond Veit et al. 2016)."""

from resdag.jobs.context import Context, Tables
from resdag.jobs.opening import network_and_test_images
from resdag.lesions import controls


def run(context: Context) -> Tables:
    """Rows of `lesions`."""
    network, test = network_and_test_images(context)
    return {"lesions": controls.repetitions(network, test, context.spec["times"], context.memory_bytes)}
