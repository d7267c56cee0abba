"""`resdag check`: is a study file valid, and what does it run?"""

from argparse import ArgumentParser, Namespace

from resdag.verbs.places import enter_study

EXAMPLES = """examples:
  resdag check digits                the study of config/digits.yaml, its jobs counted by rule
  resdag check config/mine.yaml      one of your own: a mistake is a sentence that names the key
"""


def options(parser: ArgumentParser) -> None:
    parser.add_argument("study", metavar="STUDY", help="a study file, or the name of one in config/")


def run(arguments: Namespace) -> int:
    """Say that the study is valid, and how many jobs each rule has; StudyError where it is not."""
    from resdag.config.load import load_study
    from resdag.planning.plan import plan_study

    file = enter_study(arguments.study)
    study = load_study(file)
    plan = plan_study(study, str(file))
    counts = {rule: len(plan.of_rule(rule)) for rule in dict.fromkeys(job.rule for job in plan.jobs)}
    print(f"{file}: study {study.study} is valid: {len(plan.jobs)} jobs")
    for rule, count in counts.items():
        print(f"  {count:5d}  {rule}")
    return 0
