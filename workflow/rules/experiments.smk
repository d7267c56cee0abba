# Networks loaded and measured, lesions, paths, ensembles, random networks, comparisons, and statistics of all these:
# a rule for each that an experiment declares, in src/resdag/experiments or in another package.  What it writes, its
# memory and whether it takes a device stand there; but for that, each is train_network of train.smk.

for declared in STUDY.declared_but(
    "prepare_data",
    "train_network",
    "judge_claims",
    "write_database",
    "draw_figure",
    "write_report",
):

    rule:
        name:
            declared.name
        input:
            ancient(STUDY.inputs(declared.name)),
        output:
            **STUDY.outputs(declared.name),
        log:
            STUDY.log(declared.name),
        conda:
            "../envs/resdag.yaml"
        threads: STUDY.threads_of(declared.name)
        resources:
            **STUDY.resources(declared.name),
        params:
            job=STUDY.identity(declared.name),
        shell:
            "exec resdag run {params.job[rule]} {resources.plan:q}"
            " --fingerprint {wildcards.fingerprint} --threads {threads} --log {log:q}"

    STUDY.describe(workflow, declared.name)
