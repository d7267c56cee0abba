# Random networks at initialisation, beyond the paper.


rule iterate_mean_field:
    """Moments of infinitely wide random networks, layer by layer: figure_mean_field."""
    output:
        **STUDY.outputs("iterate_mean_field"),
    log:
        STUDY.log("iterate_mean_field"),
    conda:
        "../envs/resdag.yaml"
    threads: 1
    resources:
        study=STUDY.source,
        mem_mb=500,
    params:
        job=STUDY.identity("iterate_mean_field"),
    shell:
        "exec resdag run iterate_mean_field {resources.study:q} --system {wildcards.system}"
        " --fingerprint {wildcards.fingerprint} --threads {threads} --log {log:q}"


rule simulate_mean_field:
    """Two inputs through random networks and a gradient back, a chunk of draws: figure_mean_field."""
    output:
        **STUDY.outputs("simulate_mean_field"),
    log:
        STUDY.log("simulate_mean_field"),
    conda:
        "../envs/resdag.yaml"
    threads: STUDY.threads
    resources:
        study=STUDY.source,
        gpu=1,
        mem_mb=6000,
    params:
        job=STUDY.identity("simulate_mean_field"),
    shell:
        "exec resdag run simulate_mean_field {resources.study:q}"
        " --system {wildcards.system} --chunk {wildcards.chunk}"
        " --fingerprint {wildcards.fingerprint} --threads {threads} --log {log:q}"
