# Networks held against each other, beyond the paper; no torch.


rule compare_networks:
    """Errors of networks that differ in depth, in multiplicity, or in blocks per batch."""
    input:
        STUDY.inputs("compare_networks"),
    output:
        **STUDY.outputs("compare_networks"),
    log:
        STUDY.log("compare_networks"),
    conda:
        "../envs/resdag.yaml"
    resources:
        study=STUDY.source,
        mem_mb=1000,
    params:
        job=STUDY.identity("compare_networks"),
    shell:
        "exec resdag run compare_networks {resources.study:q} --fingerprint {wildcards.fingerprint} --log {log:q}"
