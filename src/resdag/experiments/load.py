"""Networks trained elsewhere: their weights are taken over."""

import errno
from pathlib import Path
from typing import TYPE_CHECKING

from resdag.config.weights import SHIPPED, Address
from resdag.digests import file_sha256
from resdag.errors import StudyError
from resdag.planning.experiment import Experiment, Rule, seconds_only

if TYPE_CHECKING:
    from resdag.planning.job import Job
    from resdag.planning.maker import Maker

FOLDER = "loaded/{network}/seed{seed}-{fingerprint}"

LOAD = Rule(
    name="load_network",
    says="Take over a network that was trained elsewhere.",
    writes={"weights": f"{FOLDER}/weights.safetensors", "training": f"{FOLDER}/training.json"},
    cost=seconds_only,
    target="train",
    wildcards=("network", "seed"),
    device=True,
)


def loaded(maker: "Maker", name: str, seed: int, data: "Job") -> "Job | None":
    """The job that loads a network; none where it is trained here. StudyError where its weights cannot be read."""
    network = maker.study.networks[name]
    if network.weights is None:
        return None
    spec = network.identity() | {"weights_sha256": _sum(name, network.weights)}
    of = {"network": name, "seed": seed}
    return maker.job(LOAD, of, spec, upstream=[data], code=maker.code_of(name))


def _sum(name: str, weights: str | Address) -> str | None:
    """SHA-256 of the file at a path; of one at an address, which may still have to be fetched, how it begins.

    None for weights that a network of others brings along.
    """
    if weights == SHIPPED:
        return None
    if isinstance(weights, Address):
        return weights.identity
    path = Path(weights)
    try:
        if path.exists() and not path.is_file():
            raise OSError(errno.EINVAL, "it is no file")
        return file_sha256(path)
    except OSError as error:
        raise StudyError(
            f"networks.{name}.weights: got {weights!r}, which cannot be read ({error.strerror}); "
            "give a safetensors file or a PyTorch state dict, relative to the checkout or absolute"
        ) from None


EXPERIMENT = Experiment(place=110, rules=(LOAD,), makes=loaded)
