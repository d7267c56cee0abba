# One figure from one view; a figure's name holds no fingerprint, so each has a rule and a stamp.


for figure in STUDY.plan.of_rule("draw_figure"):

    rule:
        name:
            f"draw_{figure.of['figure']}"
        input:
            figure.inputs(),
            database=ancient(STUDY.only("write_database").outputs["manifest"]),
        output:
            **figure.outputs,
        params:
            job=figure.param,
        log:
            figure.log,
        benchmark:
            figure.benchmark
        resources:
            mem_mb=1000,
        shell:
            "exec resdag draw-figure {STUDY.file:q} --fingerprint {params.job[fingerprint]} --log {log:q}"
