# What came out, in one file.


rule write_report:
    """Write the report, one HTML file that needs no network."""
    input:
        STUDY.only("write_report").inputs(),
    output:
        **STUDY.only("write_report").outputs,
    params:
        job=STUDY.only("write_report").param,
    log:
        STUDY.only("write_report").log,
    benchmark:
        STUDY.only("write_report").benchmark
    resources:
        mem_mb=1000,
    shell:
        "exec resdag write-report {STUDY.file:q} --fingerprint {params.job[fingerprint]} --log {log:q}"
