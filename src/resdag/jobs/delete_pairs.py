"""Job: delete every two blocks of one network together (beyond Veit et al. 2016)."""

from resdag.jobs.context import Context, Tables
from resdag.jobs.opening import network_and_test_images
from resdag.lesions.pairs import pairs


def run(context: Context) -> Tables:
    """Rows of `lesions`, and of `pair_answers`."""
    lesions, answers = pairs(*network_and_test_images(context), context.memory_bytes)
    return {"lesions": lesions, "pair_answers": answers}
