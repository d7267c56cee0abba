# What came out, in one file.


rule write_report:
    """Write the report, one HTML file that needs no network."""
    input:
        ancient(STUDY.only("write_report").inputs()),
    output:
        stamp=STUDY.only("write_report").outputs["stamp"],
        report=report(
            STUDY.only("write_report").outputs["report"],
            caption="../report/report.rst",
            category="The report",
            labels={"study": STUDY.study.study},
        ),
    log:
        STUDY.only("write_report").log,
    conda:
        "../envs/resdag.yaml"
    resources:
        **STUDY.resources("write_report"),
    params:
        job=STUDY.only("write_report").param,
    shell:
        "exec resdag run write_report {resources.plan:q} --fingerprint {params.job[fingerprint]} --log {log:q}"
