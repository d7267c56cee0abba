"""Open a network as it was at a moment of its training: `first`, before it, `last`, after it, or after some epochs."""

from resdag.jobs.context import Context, read_json
from resdag.models.network import Network
from resdag.training import checkpoint
from resdag.training.checkpoint import Description


def network_at(context: Context, of: Description) -> tuple[Network, int]:
    """The network at the job's `epoch`, and the epochs of training behind it."""
    epoch = context.of["epoch"]
    if epoch == "first":
        return checkpoint.load(of, context.input("initial"), context.device), 0
    if epoch != "last":
        return checkpoint.load(of, context.input("kept"), context.device, epoch), epoch
    return checkpoint.load(of, context.input("weights"), context.device), epochs_behind(context)


def epochs_behind(context: Context) -> int:
    """Epochs of training behind the network; 1 for a loaded one, of which only that it was trained is known."""
    recipe = read_json(context.input("training"))["recipe"]
    return int(recipe["epochs"]) if recipe else 1
