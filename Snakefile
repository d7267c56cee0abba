"""resdag: Veit, Wilber and Belongie (2016) as a DAG.  Contents: the study, the targets, the rules.

snakemake --cores 8 --resources gpu=2 report               the paper's study, config/config.yaml
snakemake --cores 2 --configfile config/digits.yaml report another study, and no other
"""

from resdag.errors import ResdagError
from resdag.execution.workflow import open_workflow, take_lock
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
    network=r"[a-zA-Z0-9][a-zA-Z0-9._-]*",
    seed=r"\d+",
    chunk=r"\d+",
    system=r"plain|residual|full",
    epoch=r"first|last|\d+",
    figure=r"figure_\w+",
    fingerprint=r"[0-9a-f]{12}",


onstart:
    try:
        take_lock()
        STUDY.check_data()
        STUDY.warm_up()
    except ResdagError as error:
        raise WorkflowError(str(error)) from None


localrules:
    report,
    figures,
    database,
    train,
    lesions,
    paths,
    mean_field,
    data,


rule report:
    input:
        STUDY.targets(),


rule figures:
    input:
        STUDY.targets_but("write_report"),


rule database:
    input:
        STUDY.targets_but("draw_figure", "write_report"),


rule train:
    input:
        STUDY.targets(
            "train_network",
            "load_network",
            "evaluate_network",
            "measure_gates",
            "average_ensembles",
        ),


rule lesions:
    input:
        STUDY.targets(
            "delete_single",
            "delete_random",
            "reorder_blocks",
            "delete_skips",
            "delete_recalibrated",
            "delete_pairs",
            "delete_runs",
            "repeat_blocks",
        ),


rule paths:
    input:
        STUDY.targets("sample_path_gradients", "measure_path_spectrum", "count_paths"),


rule mean_field:
    input:
        STUDY.targets("iterate_mean_field", "simulate_mean_field"),


rule data:
    input:
        STUDY.targets("prepare_data"),


include: "workflow/rules/data.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/ensembles.smk"
include: "workflow/rules/lesions.smk"
include: "workflow/rules/paths.smk"
include: "workflow/rules/comparisons.smk"
include: "workflow/rules/mean_field.smk"
include: "workflow/rules/statistics.smk"
include: "workflow/rules/database.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/report.smk"
