# One figure from one view; a figure's name holds no fingerprint, so each has a rule and a stamp.


for figure in STUDY.plan.of_rule("draw_figure"):

    rule:
        name:
            f"draw_{figure.of['figure']}"
        input:
            ancient(figure.inputs()),
        output:
            **{name: path for name, path in figure.outputs.items() if name != "svg"},
            svg=report(
                figure.outputs["svg"],
                caption="../report/figure.rst",
                category="Figures",
                labels={
                    "figure": figure.of["figure"].removeprefix("figure_"),
                    "what": figure.spec["title"],
                },
            ),
        log:
            figure.log,
        conda:
            "../envs/resdag.yaml"
        resources:
            **STUDY.resources("draw_figure"),
        params:
            job=figure.param,
        shell:
            "exec resdag run draw_figure {resources.plan:q} --fingerprint {params.job[fingerprint]} --log {log:q}"
