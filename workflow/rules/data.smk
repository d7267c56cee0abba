# The images of the study, checked and prepared once.


rule prepare_data:
    """Check or fetch the images, and write them as one file of tensors."""
    output:
        **STUDY.outputs("prepare_data"),
    params:
        job=STUDY.identity("prepare_data"),
    log:
        STUDY.log("prepare_data"),
    benchmark:
        STUDY.benchmark("prepare_data")
    threads: 1
    resources:
        mem_mb=2000,
    shell:
        "exec resdag prepare-data {STUDY.file:q}"
        " --fingerprint {wildcards.fingerprint} --threads {threads} --log {log:q}"
