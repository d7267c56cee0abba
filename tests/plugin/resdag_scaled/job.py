"""Measure a network with each branch turned down by itself."""

from resdag.jobs.context import Context, Tables
from resdag.jobs.opening import network_and_test_images
from resdag.training.evaluate import evaluate, scaled


def run(context: Context) -> Tables:
    """Job: rows of `scaled`."""
    network, test = network_and_test_images(context)
    rows = []
    for factor in context.spec["factors"]:
        for block in range(len(network.blocks)):
            scales = [each.scale * (factor if index == block else 1.0) for index, each in enumerate(network.blocks)]
            with scaled(network, scales):
                score = evaluate(network, test, memory_bytes=context.memory_bytes)
            rows.append({"block": block, "factor": factor} | score.row())
    return {"scaled": rows}
