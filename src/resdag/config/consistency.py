"""What parts of a study must agree on: names that exist, recipes that fit, and what each experiment asks for."""

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from resdag.config.dataset import ImageFolder
from resdag.config.networks import DROPPING_ARCHITECTURES, Highway
from resdag.config.sourced import Sourced
from resdag.config.study import Study
from resdag.config.words import plainer, shown
from resdag.errors import NetworkError
from resdag.planning.registry import asked, experiments
from resdag.planning.structures import trace


def contradictions(study: Study) -> list[str]:
    """One sentence for each thing in the study that contradicts another."""
    recipes = [*_recipes(study)]
    if recipes:  # what follows needs every recipe
        return recipes
    own = [each.check for each in experiments() if each.check]
    checks = (_names, _preprocessing, _block_choices, _kept_epochs, _normalizations, *own)
    return [sentence for check in checks for sentence in check(study)]


def unmade(study: Study) -> list[str]:
    """Settle the networks of others, which are made for the study's images; one sentence for each that cannot be."""
    settled: dict[str, Any] = {}
    sentences = []
    _trace_named(study)
    for name, network in study.networks.items():
        if isinstance(network, Sourced):
            try:
                settled[name] = network.seeing(*_images_of(study))
            except NetworkError as error:
                sentences.append(f"networks.{name}: {error}")
    study.networks.update(settled)
    trace(network.traced_by() for network in settled.values())
    for name, network in settled.items():
        try:
            _ = network.structure
        except NetworkError as error:
            sentences.append(f"networks.{name}: {error}")
    return sentences


def _trace_named(study: Study) -> None:
    """Trace all networks whose weights have a name by one process, before each is asked for their address."""
    networks = [network for network in study.networks.values() if isinstance(network, Sourced)]
    options = [network.named(*_images_of(study)[:2]).traced_by() for network in networks]
    trace(each for each in options if "weights" in each)


def _images_of(study: Study) -> tuple[int, int, dict[str, Any] | None]:
    dataset = study.dataset
    return dataset.channels, dataset.side, getattr(dataset, "square", None) if dataset.streamed else None


def _preprocessing(study: Study) -> Iterator[str]:
    """What weights of others were trained on, and what images held in memory are, must agree."""
    has = {"crop": "image_size", "resize": "resize", "interpolation": "interpolation"}
    for name, network in study.networks.items():
        wanted = network.wanted() if isinstance(network, Sourced) else None
        if wanted is None or not isinstance(study.dataset, ImageFolder) or study.dataset.streamed:
            continue
        for key, own in has.items():
            given = study.dataset.resized if own == "resize" else getattr(study.dataset, own)
            if wanted[key] not in (None, given):
                yield (
                    f"dataset.{own}: got {given}, but {name!r} was trained with {key} {wanted[key]}: write {own}: "
                    f"{wanted[key]}, or say networks.{name}.preprocessing otherwise"
                )


def _recipes(study: Study) -> Iterator[str]:
    for name in study.networks:
        try:
            study.recipe(name)
        except ValidationError as error:
            for details in error.errors():
                key = ".".join(["", *map(str, details["loc"])])
                reason = details.get("ctx", {}).get("error") or plainer(details["msg"])
                yield f"networks.{name}.training{key}: does not fit the study's training: {reason}"


def _names(study: Study) -> Iterator[str]:
    names = ", ".join(study.networks)
    for key, experiment in asked(study).items():
        for index, name in enumerate(experiment.networks):
            if name not in study.networks:
                yield f"{key}.networks[{index}]: got {name!r}, which is not in networks; there are {names}"


def _block_choices(study: Study) -> Iterator[str]:
    for name, network in study.networks.items():
        recipe = study.recipe(name)
        for key in ("stochastic_depth", "blocks_per_batch"):
            value = getattr(recipe, key)
            if value is None or network.weights is not None:
                continue
            if network.architecture not in DROPPING_ARCHITECTURES:
                place = _recipe_key(study, name, key)
                allowed = f"allowed for {', '.join(DROPPING_ARCHITECTURES)}, in their own training"
                what = "gated" if isinstance(network, Highway) else "other" if network.has_skips else "no"
                yield f"{place}: got {value}, but {name!r} is a {network.architecture} network, {what} skips; {allowed}"
            elif key == "blocks_per_batch" and value > network.blocks:
                place = _recipe_key(study, name, key)
                yield f"{place}: got {value}, allowed are 1 to {network.blocks}, the blocks of {name!r}"


def _recipe_key(study: Study, name: str, key: str) -> str:
    """Where a key of a network's recipe stands: in its own training, or in that of all."""
    own = key in study.networks[name].training.model_fields_set
    return f"networks.{name}.training.{key}" if own else f"training.{key}"


def _kept_epochs(study: Study) -> Iterator[str]:
    for name, network in study.networks.items():
        recipe = study.recipe(name)
        late = [epoch for epoch in recipe.keep_epochs if epoch >= recipe.epochs]
        if late and network.weights is None:
            yield (
                f"{_recipe_key(study, name, 'keep_epochs')}: got {shown(late)}, allowed for {name!r} are epochs before "
                f"its last, {recipe.epochs}, as in {_recipe_key(study, name, 'epochs')}; that one is kept as `last`"
            )


def _normalizations(study: Study) -> Iterator[str]:
    channels = study.dataset.channels
    for name, network in study.networks.items():
        given = len(network.normalization.mean) if network.normalization else channels
        if given != channels:
            yield (
                f"networks.{name}.normalization.mean: got {given} channels, "
                f"but images of {study.dataset.kind} have {channels}"
            )
