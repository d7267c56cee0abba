"""The images of a study: checked and prepared once, as one file of tensors."""

from typing import TYPE_CHECKING

from resdag.config.dataset import ImageFolder
from resdag.datasets.available import content_fingerprint
from resdag.layout import RESULTS
from resdag.planning.experiment import Experiment, Rule, seconds_only

if TYPE_CHECKING:
    from resdag.planning.job import Job
    from resdag.planning.maker import Maker

PREPARE = Rule(
    name="prepare_data",
    says="Check or fetch the images, and write them as one file of tensors.",
    writes={"images": "data/images-{fingerprint}.safetensors"},
    cost=seconds_only,
    target="data",
    memory_mb=2000,
)


def prepared(maker: "Maker") -> "Job":
    """The job that everything measured on images begins with."""
    dataset = maker.study.dataset
    root, size = getattr(dataset, "root", None), getattr(dataset, "image_size", None)
    content = content_fingerprint(dataset.kind, root, size, RESULTS / ".content-digests.json")
    spec = {"kind": dataset.kind, "content": content, "image_size": size}
    if isinstance(dataset, ImageFolder):
        spec |= {"resize": dataset.resized, "interpolation": dataset.interpolation}
    return maker.job(PREPARE, {}, spec)


EXPERIMENT = Experiment(place=0, rules=(PREPARE,), data=prepared)
