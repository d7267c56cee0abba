# Paths through the networks (section 5 of the paper).


rule sample_path_gradients:
    """Gradient norms of sampled paths, a chunk of batches: figures 6b and 6c."""
    input:
        STUDY.inputs("sample_path_gradients"),
    output:
        **STUDY.outputs("sample_path_gradients"),
    log:
        STUDY.log("sample_path_gradients"),
    conda:
        "../envs/resdag.yaml"
    threads: STUDY.threads
    resources:
        study=STUDY.source,
        gpu=1,
        mem_mb=6000,
    params:
        job=STUDY.identity("sample_path_gradients"),
    shell:
        "exec resdag run sample_path_gradients {resources.study:q}"
        " --network {wildcards.network} --seed {wildcards.seed} --epoch {wildcards.epoch} --chunk {wildcards.chunk}"
        " --fingerprint {wildcards.fingerprint} --threads {threads} --log {log:q}"


rule measure_path_spectrum:
    """The sum over all paths of each length, exactly, and their energy, a chunk of batches: figure_spectrum."""
    input:
        STUDY.inputs("measure_path_spectrum"),
    output:
        **STUDY.outputs("measure_path_spectrum"),
    log:
        STUDY.log("measure_path_spectrum"),
    conda:
        "../envs/resdag.yaml"
    threads: STUDY.threads
    resources:
        study=STUDY.source,
        gpu=1,
        mem_mb=6000,
    params:
        job=STUDY.identity("measure_path_spectrum"),
    shell:
        "exec resdag run measure_path_spectrum {resources.study:q}"
        " --network {wildcards.network} --seed {wildcards.seed} --epoch {wildcards.epoch} --chunk {wildcards.chunk}"
        " --fingerprint {wildcards.fingerprint} --threads {threads} --log {log:q}"


rule count_paths:
    """Path lengths and remaining paths in closed form: figures 6a and 7."""
    output:
        **STUDY.outputs("count_paths"),
    log:
        STUDY.log("count_paths"),
    conda:
        "../envs/resdag.yaml"
    threads: 1
    resources:
        study=STUDY.source,
        mem_mb=500,
    params:
        job=STUDY.identity("count_paths"),
    shell:
        "exec resdag run count_paths {resources.study:q}"
        " --network {wildcards.network} --seed {wildcards.seed}"
        " --fingerprint {wildcards.fingerprint} --threads {threads} --log {log:q}"
