"""Job: how far open the gates of one highway network are, before and after its training (Veit et al. 2016, eq. 3)."""

from resdag.jobs.context import Context, Tables, read_json
from resdag.jobs.moments import epochs_behind
from resdag.jobs.opening import description, images
from resdag.training import checkpoint
from resdag.training.gates import gate_rows


def run(context: Context) -> Tables:
    """Rows of `gates`: the trained network, and where it was trained here, its initialisation."""
    of = description(context)
    test = images(context, "test", of)
    moments = {epochs_behind(context): "weights"}
    if read_json(context.input("training"))["source"] == "trained":
        moments = {0: "initial"} | moments
    rows = []
    for epoch, weights in moments.items():
        network = checkpoint.load(of, context.input(weights), context.device)
        rows += [{"epoch": epoch} | row for row in gate_rows(network, test, memory_bytes=context.memory_bytes)]
    return {"gates": rows}
