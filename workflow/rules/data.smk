# The images of the study, checked and prepared once.


rule prepare_data:
    """Check or fetch the images, and write them as one file of tensors."""
    output:
        **STUDY.outputs("prepare_data"),
    log:
        STUDY.log("prepare_data"),
    conda:
        "../envs/resdag.yaml"
    threads: 1
    resources:
        **STUDY.resources("prepare_data"),
    params:
        job=STUDY.identity("prepare_data"),
    shell:
        "exec resdag run prepare_data {resources.plan:q}"
        " --fingerprint {wildcards.fingerprint} --threads {threads} --log {log:q}"
