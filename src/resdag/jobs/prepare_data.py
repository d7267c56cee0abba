"""Job: check or fetch the dataset, and write it as one file of tensors."""

from pathlib import Path

from resdag.datasets.source import prepare
from resdag.jobs.context import Context, Tables


def run(context: Context) -> Tables:
    """Write the images; no rows."""
    settings = context.settings
    out = Path(context.outputs["images"])
    out.parent.mkdir(parents=True, exist_ok=True)
    prepare(
        context.spec["kind"],
        root=settings["root"],
        archive=settings["archive"],
        download=settings["download"],
        image_size=context.spec["image_size"] or 32,
        resize=context.spec.get("resize"),
        interpolation=context.spec.get("interpolation", "bilinear"),
        out=out,
        progress=context.steps.line,
    )
    return {}
