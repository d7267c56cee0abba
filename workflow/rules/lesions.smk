# Changes to trained networks at test time (section 4 of the paper).


rule delete_single:
    """Delete each block by itself: figures 3, 4 and 8."""
    input:
        STUDY.inputs("delete_single"),
    output:
        **STUDY.outputs("delete_single"),
    log:
        STUDY.log("delete_single"),
    conda:
        "../envs/resdag.yaml"
    threads: STUDY.threads
    resources:
        study=STUDY.source,
        gpu=1,
        mem_mb=6000,
    params:
        job=STUDY.identity("delete_single"),
    shell:
        "exec resdag run delete_single {resources.study:q}"
        " --network {wildcards.network} --seed {wildcards.seed}"
        " --fingerprint {wildcards.fingerprint} --threads {threads} --log {log:q}"


rule delete_random:
    """Delete k random blocks, for every k and a chunk of draws: figure 5a."""
    input:
        STUDY.inputs("delete_random"),
    output:
        **STUDY.outputs("delete_random"),
    log:
        STUDY.log("delete_random"),
    conda:
        "../envs/resdag.yaml"
    threads: STUDY.threads
    resources:
        study=STUDY.source,
        gpu=1,
        mem_mb=6000,
    params:
        job=STUDY.identity("delete_random"),
    shell:
        "exec resdag run delete_random {resources.study:q}"
        " --network {wildcards.network} --seed {wildcards.seed} --chunk {wildcards.chunk}"
        " --fingerprint {wildcards.fingerprint} --threads {threads} --log {log:q}"


rule reorder_blocks:
    """Let blocks of equal shape change places, a chunk of draws: figure 5b."""
    input:
        STUDY.inputs("reorder_blocks"),
    output:
        **STUDY.outputs("reorder_blocks"),
    log:
        STUDY.log("reorder_blocks"),
    conda:
        "../envs/resdag.yaml"
    threads: STUDY.threads
    resources:
        study=STUDY.source,
        gpu=1,
        mem_mb=6000,
    params:
        job=STUDY.identity("reorder_blocks"),
    shell:
        "exec resdag run reorder_blocks {resources.study:q}"
        " --network {wildcards.network} --seed {wildcards.seed} --chunk {wildcards.chunk}"
        " --fingerprint {wildcards.fingerprint} --threads {threads} --log {log:q}"


rule delete_skips:
    """Delete each skip by itself and keep its branch: figure_control."""
    input:
        STUDY.inputs("delete_skips"),
    output:
        **STUDY.outputs("delete_skips"),
    log:
        STUDY.log("delete_skips"),
    conda:
        "../envs/resdag.yaml"
    threads: STUDY.threads
    resources:
        study=STUDY.source,
        gpu=1,
        mem_mb=6000,
    params:
        job=STUDY.identity("delete_skips"),
    shell:
        "exec resdag run delete_skips {resources.study:q}"
        " --network {wildcards.network} --seed {wildcards.seed}"
        " --fingerprint {wildcards.fingerprint} --threads {threads} --log {log:q}"


rule delete_recalibrated:
    """Delete each block by itself, then re-estimate batch-norm statistics: figure_control."""
    input:
        STUDY.inputs("delete_recalibrated"),
    output:
        **STUDY.outputs("delete_recalibrated"),
    log:
        STUDY.log("delete_recalibrated"),
    conda:
        "../envs/resdag.yaml"
    threads: STUDY.threads
    resources:
        study=STUDY.source,
        gpu=1,
        mem_mb=6000,
    params:
        job=STUDY.identity("delete_recalibrated"),
    shell:
        "exec resdag run delete_recalibrated {resources.study:q}"
        " --network {wildcards.network} --seed {wildcards.seed}"
        " --fingerprint {wildcards.fingerprint} --threads {threads} --log {log:q}"


rule delete_pairs:
    """Delete every two blocks together: figure_pairs."""
    input:
        STUDY.inputs("delete_pairs"),
    output:
        **STUDY.outputs("delete_pairs"),
    log:
        STUDY.log("delete_pairs"),
    conda:
        "../envs/resdag.yaml"
    threads: STUDY.threads
    resources:
        study=STUDY.source,
        gpu=1,
        mem_mb=6000,
    params:
        job=STUDY.identity("delete_pairs"),
    shell:
        "exec resdag run delete_pairs {resources.study:q}"
        " --network {wildcards.network} --seed {wildcards.seed}"
        " --fingerprint {wildcards.fingerprint} --threads {threads} --log {log:q}"


rule delete_runs:
    """Delete consecutive blocks together: figure_runs."""
    input:
        STUDY.inputs("delete_runs"),
    output:
        **STUDY.outputs("delete_runs"),
    log:
        STUDY.log("delete_runs"),
    conda:
        "../envs/resdag.yaml"
    threads: STUDY.threads
    resources:
        study=STUDY.source,
        gpu=1,
        mem_mb=6000,
    params:
        job=STUDY.identity("delete_runs"),
    shell:
        "exec resdag run delete_runs {resources.study:q}"
        " --network {wildcards.network} --seed {wildcards.seed}"
        " --fingerprint {wildcards.fingerprint} --threads {threads} --log {log:q}"


rule repeat_blocks:
    """Run each block several times in a row: figure_repeat."""
    input:
        STUDY.inputs("repeat_blocks"),
    output:
        **STUDY.outputs("repeat_blocks"),
    log:
        STUDY.log("repeat_blocks"),
    conda:
        "../envs/resdag.yaml"
    threads: STUDY.threads
    resources:
        study=STUDY.source,
        gpu=1,
        mem_mb=6000,
    params:
        job=STUDY.identity("repeat_blocks"),
    shell:
        "exec resdag run repeat_blocks {resources.study:q}"
        " --network {wildcards.network} --seed {wildcards.seed}"
        " --fingerprint {wildcards.fingerprint} --threads {threads} --log {log:q}"
