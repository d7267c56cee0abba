"""Job: check or fetch the dataset, and write it as one file of tensors, or of where its large images lie."""

from pathlib import Path

from resdag.datasets.source import prepare
from resdag.jobs.context import Context, Tables


def run(context: Context) -> Tables:
    """Write the images, or where they lie; rows of `broken_images` for those that are left out."""
    spec, settings = context.spec, context.settings
    out = Path(context.outputs["images"])
    out.parent.mkdir(parents=True, exist_ok=True)
    metadata = prepare(
        spec["kind"],
        root=settings["root"],
        archive=settings["archive"],
        download=settings["download"],
        image_size=spec["image_size"] or 32,
        resize=spec.get("resize"),
        interpolation=spec.get("interpolation", "bilinear"),
        streamed=spec.get("streamed", False),
        train_limit=spec.get("train_limit"),
        skip_broken=spec.get("broken") == "skip",
        out=out,
        progress=context.steps.line,
    )
    return {"broken_images": metadata["left_out"]}
