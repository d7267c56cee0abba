"""`resdag plan`: jobs, hours, disk and devices, before anything runs."""

from argparse import ArgumentParser, Namespace

from resdag.verbs.places import enter_study

EXAMPLES = """examples:
  resdag plan digits
  resdag plan config/config.yaml     the paper's study: what would it cost here?
"""


def options(parser: ArgumentParser) -> None:
    parser.add_argument("study", metavar="STUDY", help="a study file, or the name of one in config/")


def run(arguments: Namespace) -> int:
    """Say what the study would cost on this machine."""
    from resdag.config.load import load_study
    from resdag.planning.cost import estimate
    from resdag.planning.manifests import drop_manifests_if_changed
    from resdag.planning.plan import plan_study

    file = enter_study(arguments.study)
    drop_manifests_if_changed()
    study = load_study(file)
    print("\n".join(estimate(study, plan_study(study, str(file)))))
    return 0
