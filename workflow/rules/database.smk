# From Parquet files to results.duckdb; no torch from here on.
# The jobs of this study stand here with their names: a database has no wildcard.


rule judge_claims:
    """Hold the numbers to each statement of the paper."""
    input:
        ancient(STUDY.only("judge_claims").inputs()),
    output:
        **STUDY.only("judge_claims").outputs,
    log:
        STUDY.only("judge_claims").log,
    conda:
        "../envs/resdag.yaml"
    resources:
        **STUDY.resources("judge_claims"),
    params:
        job=STUDY.only("judge_claims").param,
    shell:
        "exec resdag run judge_claims {resources.plan:q} --fingerprint {params.job[fingerprint]} --log {log:q}"


rule write_database:
    """Put this study's rows into results.duckdb, beside those of other studies.

    The file is no output: Snakemake would remember one study's params for it, and take every other for changed.
    """
    input:
        ancient(STUDY.only("write_database").inputs()),
    output:
        **STUDY.only("write_database").outputs,
    log:
        STUDY.only("write_database").log,
    conda:
        "../envs/resdag.yaml"
    resources:
        **STUDY.resources("write_database"),
    params:
        job=STUDY.only("write_database").param,
    shell:
        "exec resdag run write_database {resources.plan:q} --fingerprint {params.job[fingerprint]} --log {log:q}"
