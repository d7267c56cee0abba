# From Parquet files to results.duckdb; no torch from here on.
# The jobs of this study stand here with their names: a database has no wildcard.


rule compute_statistics:
    """Tests, intervals and fits that figures and claims rest on."""
    input:
        STUDY.only("compute_statistics").inputs(),
    output:
        **STUDY.only("compute_statistics").outputs,
    params:
        job=STUDY.only("compute_statistics").param,
    log:
        STUDY.only("compute_statistics").log,
    benchmark:
        STUDY.only("compute_statistics").benchmark
    resources:
        mem_mb=2000,
    shell:
        "exec resdag compute-statistics {STUDY.file:q} --fingerprint {params.job[fingerprint]} --log {log:q}"


rule judge_claims:
    """Hold the numbers to each statement of the paper."""
    input:
        STUDY.only("judge_claims").inputs(),
    output:
        **STUDY.only("judge_claims").outputs,
    params:
        job=STUDY.only("judge_claims").param,
    log:
        STUDY.only("judge_claims").log,
    benchmark:
        STUDY.only("judge_claims").benchmark
    resources:
        mem_mb=2000,
    shell:
        "exec resdag judge-claims {STUDY.file:q} --fingerprint {params.job[fingerprint]} --log {log:q}"


rule write_database:
    """Put this study's rows into results.duckdb, beside those of other studies."""
    input:
        STUDY.only("write_database").inputs(),
    output:
        db=update("results.duckdb"),
        **STUDY.only("write_database").outputs,
    params:
        job=STUDY.only("write_database").param,
    log:
        STUDY.only("write_database").log,
    benchmark:
        STUDY.only("write_database").benchmark
    resources:
        mem_mb=4000,
    shell:
        "exec resdag write-database {STUDY.file:q} --fingerprint {params.job[fingerprint]} --log {log:q}"
