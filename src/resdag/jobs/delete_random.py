"""Job: delete k random blocks of one network, for every k and a chunk of draws (Veit et al. 2016, figure 5a)."""

from resdag.jobs.context import Context, Tables
from resdag.jobs.opening import network_and_test_images
from resdag.lesions import rows


def run(context: Context) -> Tables:
    """Rows of `lesions`."""
    network, test = network_and_test_images(context)
    first, last = context.spec["draws"]
    draws = range(first, last + 1)
    return {"lesions": rows.random(network, test, context.spec["counts"], draws, context.memory_bytes)}
