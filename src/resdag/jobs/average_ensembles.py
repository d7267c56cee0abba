"""Job: average the class probabilities of networks of one entry, trained from different seeds."""

from resdag.jobs.context import Context, Tables
from resdag.jobs.opening import images, networks
from resdag.training.ensemble import ensemble_rows, probabilities


def run(context: Context) -> Tables:
    """Rows of `ensembles`."""
    spec, test = context.spec, images(context, "test")
    answers = [probabilities(network, test.with_normalization(of.mean, of.std)) for of, network in networks(context)]
    return {"ensembles": ensemble_rows(answers, spec["seeds"], test.labels, spec["members"], spec["draws"])}
