# Networks trained apart, measured together.


rule average_ensembles:
    """Average the class probabilities of a network's seeds: figure_ensembles."""
    input:
        STUDY.inputs("average_ensembles"),
    output:
        **STUDY.outputs("average_ensembles"),
    log:
        STUDY.log("average_ensembles"),
    conda:
        "../envs/resdag.yaml"
    threads: STUDY.threads
    resources:
        study=STUDY.source,
        gpu=1,
        mem_mb=6000,
    params:
        job=STUDY.identity("average_ensembles"),
    shell:
        "exec resdag run average_ensembles {resources.study:q} --network {wildcards.network}"
        " --fingerprint {wildcards.fingerprint} --threads {threads} --log {log:q}"
