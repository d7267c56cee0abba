"""What is wrong or open in the paper itself?

Each remark is a sentence whose numbers are computed here from the paper's own
network of 54 blocks, or quoted with their source.
"""

from resdag.figures.words import percent
from resdag.paper import BLOCKS, EFFECTIVE_LENGTHS, HALVED_ERROR, IDENTITY_ERROR, LAST_SURVIVAL
from resdag.queries.spelling import power


def remarks() -> list[str]:
    """Errata and remarks on the paper, each a sentence or two."""
    return [_orders_of_magnitude(), _halved_gates(), _stochastic_depth(), _forward_expansion()]


def blocks_kept(blocks: int = BLOCKS, last: float = LAST_SURVIVAL) -> float:
    """Blocks that survive on average under stochastic depth with linear decay."""
    return sum(1 - block / blocks * (1 - last) for block in range(1, blocks + 1))


def _orders_of_magnitude() -> str:
    kept = 44
    ratio = 2.0 ** (kept - BLOCKS)
    return (
        f"The paper says that {power(2, kept)} of {power(2, BLOCKS)} paths are a factor of roughly {power(10, -6)}; "
        f"it is {power(2, kept - BLOCKS)} = {ratio:.2g}."
    )


def _halved_gates() -> str:
    return (
        "The paper calls highway networks with gates at one half equivalent to residual networks. They have the same "
        f"paths, yet a gate frozen there trains to {percent(HALVED_ERROR)} error where identity skips give "
        f"{percent(IDENTITY_ERROR)} (He et al. 2016, table 1)."
    )


def _stochastic_depth() -> str:
    kept = blocks_kept()
    low, high = EFFECTIVE_LENGTHS
    return (
        f"Stochastic depth with a last survival probability of {LAST_SURVIVAL:g} keeps {kept:g} of {BLOCKS} blocks on "
        f"average, so a random path of what is left enters {kept / 2:.1f} blocks, more than the {low} to {high} that "
        "the paper calls effective: it shortens paths, but not to those."
    )


def _forward_expansion() -> str:
    return (
        "The paper's expansion of the forward pass (equation 6) is no sum over paths, because the branches are not "
        "linear. With the forward pass fixed, the gradient is exactly such a sum; statements about paths here are "
        "about gradients."
    )
