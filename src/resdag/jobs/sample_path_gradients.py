"""Job: gradient norms of sampled paths of every length, a chunk of batches (Veit et al. 2016, figure 6b)."""

from collections.abc import Iterator

from resdag.combinatorics import batch_choice, path_choice
from resdag.jobs.context import Context, Row, Tables, read_json
from resdag.jobs.opening import description, images
from resdag.paths.sampled import PathNorms, path_norms
from resdag.training import checkpoint


def run(context: Context) -> Tables:
    """Rows of `path_gradients`: each path once at the input and once at the first block."""
    of, spec = description(context), context.spec
    initial = context.of["epoch"] == "first"
    network = checkpoint.load(of, context.input("initial" if initial else "weights"), context.device)
    train = images(context, "train", of)
    epoch = 0 if initial else epochs_behind(context)
    first, last = spec["batches"]
    rows: list[Row] = []
    with context.steps.bar(last + 1 - first, "batch") as bar:
        for batch in range(first, last + 1):
            chosen = list(batch_choice(len(train), batch, min(spec["batch_size"], len(train))))
            samples = range(batch * spec["samples_per_batch"], (batch + 1) * spec["samples_per_batch"])
            keys = [(length, sample) for length in range(len(network.blocks) + 1) for sample in samples]
            paths = [path_choice(len(network.blocks), length, sample) for length, sample in keys]
            norms = path_norms(
                network, train.chosen(chosen), train.labels[chosen], paths,
                batch_norm=spec["batch_norm"], memory_bytes=context.memory_bytes,
            )  # fmt: skip
            rows += _rows(epoch, batch, keys, norms)
            bar.update(1)
            done = batch + 1 - first
            context.steps.line(f"batch {batch}, {context.steps.time_left(done, last + 1 - first)}")
    return {"path_gradients": rows}


def epochs_behind(context: Context) -> int:
    """Epochs of training behind the network; 1 for a loaded one, of which only that it was trained is known."""
    recipe = read_json(context.input("training"))["recipe"]
    return int(recipe["epochs"]) if recipe else 1


def _rows(epoch: int, batch: int, keys: list[tuple[int, int]], norms: PathNorms) -> Iterator[Row]:
    places = {"input": norms.at_input, "first_block": norms.at_first_block}
    for place, logs in places.items():
        for (length, sample), log in zip(keys, logs, strict=True):
            yield {
                "epoch": epoch,
                "path_length": length,
                "sample": sample,
                "measured_at": place,
                "batch": batch,
                "norm": 0.0 if log is None else 10.0**log,
                "log10_norm": log,
            }
