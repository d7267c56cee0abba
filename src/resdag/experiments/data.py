"""The images of a study: checked and prepared once, as one file of tensors, or of where large images lie."""

from typing import TYPE_CHECKING, Any

from resdag.config.dataset import ImageFolder, ImageNet
from resdag.datasets.available import DIGESTS, content_fingerprint
from resdag.planning.experiment import Experiment, Rule, seconds_only

if TYPE_CHECKING:
    from resdag.planning.job import Job
    from resdag.planning.maker import Maker

PREPARE = Rule(
    name="prepare_data",
    says="Check or fetch the images, and write them, or where they lie, as one file of tensors.",
    writes={
        "images": "data/images-{fingerprint}.safetensors",
        "broken_images": "data/broken-images-{fingerprint}.parquet",
    },
    cost=seconds_only,
    target="data",
    memory_mb=2000,
)


def prepared(maker: "Maker") -> "Job":
    """The job that everything measured on images begins with."""
    dataset = maker.study.dataset
    root, size = getattr(dataset, "root", None), getattr(dataset, "image_size", None)
    content = content_fingerprint(dataset.kind, root, size, DIGESTS)
    spec: dict[str, Any] = {"kind": dataset.kind, "content": content, "image_size": size}
    if isinstance(dataset, ImageFolder | ImageNet):
        spec |= {"resize": dataset.resized, "interpolation": dataset.interpolation, "broken": dataset.broken}
    if dataset.streamed:  # of 1.3 million files only those that are used are looked at
        spec |= {"streamed": True, "train_limit": dataset.train_limit}
    return maker.job(PREPARE, {}, spec)


EXPERIMENT = Experiment(place=0, rules=(PREPARE,), data=prepared)
