"""resdag: Veit, Wilber and Belongie (2016) as a DAG.  Contents: the study, the targets, the rules.

snakemake --cores 8 --resources gpu=2 report               the paper's study, config/config.yaml
snakemake --cores 2 --configfile config/digits.yaml report another study, and no other
"""

from resdag.errors import ResdagError
from resdag.execution.locks import take_lock
from resdag.execution.workflow import open_workflow
from snakemake.exceptions import WorkflowError
from snakemake.utils import min_version

min_version("9.27")

try:
    STUDY = open_workflow(workflow)
    STUDY.plan
except ResdagError as error:
    raise WorkflowError(str(error)) from None


report: "workflow/report/workflow.rst"


wildcard_constraints:
    **STUDY.wildcards(),


onstart:
    try:
        take_lock()
        STUDY.tidy_up()
        STUDY.compare_packages()
        STUDY.check_data()
        STUDY.hand_over()
        STUDY.warm_up()
        STUDY.foresee()
    except ResdagError as error:
        raise WorkflowError(str(error)) from None


onerror:
    try:
        STUDY.tell_the_rest(workflow.scheduler.failed)
    except ResdagError as error:
        raise WorkflowError(str(error)) from None


localrules:
    report,
    figures,
    database,


rule report:
    input:
        STUDY.targets(),


rule figures:
    input:
        STUDY.targets_but("write_report"),


rule database:
    input:
        STUDY.targets_but("draw_figure", "write_report"),


# data, train, lesions, paths, mean_field, statistics, and what experiments of other packages name:
# all jobs of the rules that belong to it.
for stage, outputs in STUDY.stages().items():

    rule:
        name:
            stage
        input:
            outputs,
        localrule: True


include: "workflow/rules/data.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/experiments.smk"
include: "workflow/rules/database.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/report.smk"
