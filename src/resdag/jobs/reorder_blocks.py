"""Job: run one network with blocks of equal shape in other places, a chunk of draws (Veit et al. 2016, figure 5b)."""

from resdag.jobs.context import Context, Tables
from resdag.jobs.opening import network_and_test_images
from resdag.lesions import rows


def run(context: Context) -> Tables:
    """Rows of `reorderings`."""
    network, test = network_and_test_images(context)
    first, last = context.spec["draws"]
    draws = range(first, last + 1)
    return {"reorderings": rows.reorder(network, test, context.spec["swaps"], draws, context.memory_bytes)}
