# Networks, trained here: one rule written out.  The rules of all other experiments, in experiments.smk, are like it.


rule train_network:
    """Train one network from one seed, or go on where its training was interrupted."""

    # Every output of the jobs upstream.  Their fingerprints stand in their paths, so that another config or other code
    # has other inputs; how old a file is tells nothing, and `ancient` keeps Snakemake from asking.
    input:
        ancient(STUDY.inputs("train_network")),
    # results/STUDY/networks/{network}/seed{seed}-{fingerprint}/weights.safetensors, ..., as the rule declares them
    # in src/resdag/experiments/train.py.
    output:
        **STUDY.outputs("train_network"),
    log:
        STUDY.log("train_network"),
    conda:
        "../envs/resdag.yaml"
    threads: STUDY.threads_of("train_network")
    # A device (gpu=1), memory, and the file in which the job finds what it is.
    resources:
        **STUDY.resources("train_network"),
    # Everything that the result depends on, as plain values: Snakemake tells what has changed.
    params:
        job=STUDY.identity("train_network"),
    shell:
        "exec resdag run train_network {resources.plan:q}"
        " --fingerprint {wildcards.fingerprint} --threads {threads} --log {log:q}"
