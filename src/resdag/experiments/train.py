"""Networks trained here, from one seed each."""

from typing import TYPE_CHECKING

from resdag.planning.experiment import Experiment, Rule, Work

if TYPE_CHECKING:
    from resdag.planning.job import Job
    from resdag.planning.maker import Maker

PASSES = 3  # a backward pass costs two forward passes
# Of a GPU's rate, where kernels are launched one by one (drawn blocks, several devices): an estimate, not measured.
UNCAPTURED = 0.5
FOLDER = "networks/{network}/seed{seed}-{fingerprint}"


def cost(work: Work) -> float:
    """Every epoch sees all training images, forward and back, and is tested once; blocks that are left out are free."""
    assert work.recipe is not None
    recipe, share = work.recipe, 1.0
    if recipe.blocks_per_batch:
        share = recipe.blocks_per_batch / work.blocks
    if recipe.stochastic_depth:
        share = 0.75
    return recipe.epochs * (work.train * PASSES * share + work.test) * work.one


def gpu_share(work: Work) -> float:
    """Less for a training whose steps are no CUDA graphs, more on several devices."""
    assert work.recipe is not None
    recipe = work.recipe
    uncaptured = recipe.stochastic_depth or recipe.blocks_per_batch or recipe.devices > 1
    return recipe.devices * (UNCAPTURED if uncaptured else 1.0)


TRAIN = Rule(
    name="train_network",
    says="Train one network from one seed, or go on where its training was interrupted.",
    writes={
        "weights": f"{FOLDER}/weights.safetensors",
        "initial": f"{FOLDER}/initial.safetensors",
        "kept": f"{FOLDER}/kept.safetensors",
        "training": f"{FOLDER}/training.json",
        "epochs": f"{FOLDER}/epochs.parquet",
    },
    cost=cost,
    gpu_share=gpu_share,
    target="train",
    wildcards=("network", "seed"),
    device=True,
)


def trained(maker: "Maker", name: str, seed: int, data: "Job") -> "Job | None":
    """The job that trains a network; none where it has weights from outside."""
    study, network = maker.study, maker.study.networks[name]
    if network.weights is not None:
        return None
    recipe = study.recipe(name)
    own = recipe.model_dump(mode="json", exclude=recipe.of_no_account)
    spec = network.identity() | {"recipe": own, "kind": study.dataset.kind, "train_limit": study.dataset.train_limit}
    of = {"network": name, "seed": seed}
    return maker.job(TRAIN, of, spec, upstream=[data], code=maker.code_of(name), devices=recipe.devices)


EXPERIMENT = Experiment(place=100, rules=(TRAIN,), makes=trained)
