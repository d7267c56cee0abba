"""Open a network as it was at a moment of its training: `first`, before it, or `last`, after it."""

from resdag.jobs.context import Context, read_json
from resdag.models.network import Network
from resdag.training import checkpoint
from resdag.training.checkpoint import Description


def network_at(context: Context, of: Description) -> tuple[Network, int]:
    """The network at the job's `epoch`, and the epochs of training behind it."""
    if context.of["epoch"] == "first":
        return checkpoint.load(of, context.input("initial"), context.device), 0
    return checkpoint.load(of, context.input("weights"), context.device), epochs_behind(context)


def epochs_behind(context: Context) -> int:
    """Epochs of training behind the network; 1 for a loaded one, of which only that it was trained is known."""
    recipe = read_json(context.input("training"))["recipe"]
    return int(recipe["epochs"]) if recipe else 1
