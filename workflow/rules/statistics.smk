# Tests, intervals and fits that figures and claims rest on; each from what was measured for it alone.


rule compute_lesion_tests:
    """McNemar's test of each single deletion, with Holm's correction."""
    input:
        STUDY.inputs("compute_lesion_tests"),
    output:
        **STUDY.outputs("compute_lesion_tests"),
    log:
        STUDY.log("compute_lesion_tests"),
    conda:
        "../envs/resdag.yaml"
    resources:
        study=STUDY.source,
        mem_mb=2000,
    params:
        job=STUDY.identity("compute_lesion_tests"),
    shell:
        "exec resdag run compute_lesion_tests {resources.study:q} --fingerprint {wildcards.fingerprint} --log {log:q}"


rule compute_interactions:
    """What two deletions do beyond the sum of each, with a test for each pair."""
    input:
        STUDY.inputs("compute_interactions"),
    output:
        **STUDY.outputs("compute_interactions"),
    log:
        STUDY.log("compute_interactions"),
    conda:
        "../envs/resdag.yaml"
    resources:
        study=STUDY.source,
        mem_mb=2000,
    params:
        job=STUDY.identity("compute_interactions"),
    shell:
        "exec resdag run compute_interactions {resources.study:q} --fingerprint {wildcards.fingerprint} --log {log:q}"


rule compute_path_norms:
    """Norms of sampled paths by length, with intervals, and the line through them."""
    input:
        STUDY.inputs("compute_path_norms"),
    output:
        **STUDY.outputs("compute_path_norms"),
    log:
        STUDY.log("compute_path_norms"),
    conda:
        "../envs/resdag.yaml"
    resources:
        study=STUDY.source,
        mem_mb=2000,
    params:
        job=STUDY.identity("compute_path_norms"),
    shell:
        "exec resdag run compute_path_norms {resources.study:q} --fingerprint {wildcards.fingerprint} --log {log:q}"


rule compute_spectrum_norms:
    """Norms of all paths of each length over all batches, with intervals."""
    input:
        STUDY.inputs("compute_spectrum_norms"),
    output:
        **STUDY.outputs("compute_spectrum_norms"),
    log:
        STUDY.log("compute_spectrum_norms"),
    conda:
        "../envs/resdag.yaml"
    resources:
        study=STUDY.source,
        mem_mb=2000,
    params:
        job=STUDY.identity("compute_spectrum_norms"),
    shell:
        "exec resdag run compute_spectrum_norms {resources.study:q} --fingerprint {wildcards.fingerprint} --log {log:q}"
