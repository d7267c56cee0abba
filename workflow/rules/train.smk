# Networks: trained or loaded, and measured intact.


rule train_network:
    """Train one network from one seed."""
    input:
        STUDY.inputs("train_network"),
    output:
        **STUDY.outputs("train_network"),
    log:
        STUDY.log("train_network"),
    conda:
        "../envs/resdag.yaml"
    threads: STUDY.threads
    resources:
        study=STUDY.source,
        gpu=1,
        mem_mb=6000,
    params:
        job=STUDY.identity("train_network"),
    shell:
        "exec resdag run train_network {resources.study:q}"
        " --network {wildcards.network} --seed {wildcards.seed}"
        " --fingerprint {wildcards.fingerprint} --threads {threads} --log {log:q}"


rule load_network:
    """Take over a network that was trained elsewhere."""
    input:
        STUDY.inputs("load_network"),
    output:
        **STUDY.outputs("load_network"),
    log:
        STUDY.log("load_network"),
    conda:
        "../envs/resdag.yaml"
    threads: STUDY.threads
    resources:
        study=STUDY.source,
        gpu=1,
        mem_mb=6000,
    params:
        job=STUDY.identity("load_network"),
    shell:
        "exec resdag run load_network {resources.study:q}"
        " --network {wildcards.network} --seed {wildcards.seed}"
        " --fingerprint {wildcards.fingerprint} --threads {threads} --log {log:q}"


rule evaluate_network:
    """Measure one intact network."""
    input:
        STUDY.inputs("evaluate_network"),
    output:
        **STUDY.outputs("evaluate_network"),
    log:
        STUDY.log("evaluate_network"),
    conda:
        "../envs/resdag.yaml"
    threads: STUDY.threads
    resources:
        study=STUDY.source,
        gpu=1,
        mem_mb=6000,
    params:
        job=STUDY.identity("evaluate_network"),
    shell:
        "exec resdag run evaluate_network {resources.study:q}"
        " --network {wildcards.network} --seed {wildcards.seed}"
        " --fingerprint {wildcards.fingerprint} --threads {threads} --log {log:q}"


rule measure_gates:
    """Measure how far open the gates of one highway network are: figure_highway."""
    input:
        STUDY.inputs("measure_gates"),
    output:
        **STUDY.outputs("measure_gates"),
    log:
        STUDY.log("measure_gates"),
    conda:
        "../envs/resdag.yaml"
    threads: STUDY.threads
    resources:
        study=STUDY.source,
        gpu=1,
        mem_mb=6000,
    params:
        job=STUDY.identity("measure_gates"),
    shell:
        "exec resdag run measure_gates {resources.study:q}"
        " --network {wildcards.network} --seed {wildcards.seed}"
        " --fingerprint {wildcards.fingerprint} --threads {threads} --log {log:q}"
