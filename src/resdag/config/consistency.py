"""What parts of a study must agree on: names that exist, sizes that fit, experiments that have a meaning."""

from collections.abc import Iterator, Sequence

from pydantic import ValidationError

from resdag.config.comparable import incomparable
from resdag.config.experiments import Experiment
from resdag.config.networks import DROPPING_ARCHITECTURES, RESIDUAL_ARCHITECTURES, Highway, Vgg
from resdag.config.sentences import plainer, shown
from resdag.config.study import Study

MOST_JOBS = 1000  # of one network and experiment; Snakemake takes seconds to look at a thousand


def contradictions(study: Study) -> list[str]:
    """One sentence for each thing in the study that contradicts another."""
    recipes = [*_recipes(study)]
    if recipes:  # what follows needs every recipe
        return recipes
    checks = (_names, _block_choices, _kept_epochs, _experiments, _counts, _chunks, _batches, _normalizations)
    return [sentence for check in (*checks, _ensembles, incomparable) for sentence in check(study)]


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
    for key, experiment in study.experiments().items():
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
                what = "gated" if isinstance(network, Highway) else "no"
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


def _experiments(study: Study) -> Iterator[str]:
    for key, experiment in study.experiments().items():
        for index, name in enumerate(experiment.networks):
            if name in study.networks:
                yield from _experiment(study, key, experiment, f"{key}.networks[{index}]", name)


def _experiment(study: Study, key: str, experiment: Experiment, place: str, name: str) -> Iterator[str]:
    network = study.networks[name]
    residual = network.architecture in RESIDUAL_ARCHITECTURES
    if key in {"paths.gradients", "paths.spectrum", "lesions.reorder", "lesions.skip"} and not residual:
        yield (
            f"{place}: got {name!r}, a {network.architecture} network, but this needs skip connections; "
            f"allowed are networks of {', '.join(RESIDUAL_ARCHITECTURES)}"
        )
    singly = study.lesions.single.networks if study.lesions.single else ()
    if key in {"lesions.pair", "lesions.skip", "lesions.recalibrated"} and name not in singly:
        yield f"{place}: got {name!r}, but this is held against lesions.single; allowed are networks that stand there"
    if key == "lesions.reorder" and not isinstance(network, Vgg) and max(network.exchangeable) < 2:
        why = f"no two of its {network.blocks} blocks can change places"
        yield f"{place}: got {name!r}, but {why}: allowed are deeper networks, with two blocks of one shape"
    if key == "gates" and not (isinstance(network, Highway) and network.gate == "learned"):
        yield f"{place}: got {name!r}, which has no learned gates; allowed are networks of highway with gate: learned"
    yield from _moments(study, f"{key}.epochs", getattr(experiment, "epochs", ()), name)


def _moments(study: Study, place: str, epochs: Sequence[int | str], name: str) -> Iterator[str]:
    """What an experiment asks of a network along training must be there: its weights at that moment."""
    if study.networks[name].weights is not None:
        for epoch in (epoch for epoch in epochs if epoch != "last"):
            lost = "its initialisation is" if epoch == "first" else "its weights on the way are"
            yield f"{place}: got {epoch!r}, but {name!r} is loaded, so {lost} not known; allowed is last"
        return
    kept = study.recipe(name).keep_epochs
    missing = [epoch for epoch in epochs if isinstance(epoch, int) and epoch not in kept]
    if missing:
        allowed = ", ".join(map(str, ("first", *kept, "last")))
        yield (
            f"{place}: got {shown(missing)}, but {name!r} does not keep its weights then; allowed are {allowed}, or "
            f"more epochs before its last, as in networks.{name}.training.keep_epochs"
        )


def _counts(study: Study) -> Iterator[str]:
    """A number of blocks that no network has; a smaller network is measured at the numbers that it has."""
    for key, name in (("lesions.random", "counts"), ("lesions.run", "lengths")):
        experiment = study.experiments().get(key)
        known = [each for each in experiment.networks if each in study.networks] if experiment else []
        sizes = {each: study.networks[each].deletable for each in known}
        counts = getattr(experiment, name, ())
        for each, deletable in sizes.items():
            largest, none_fits = deletable == max(sizes.values()), min(counts) > deletable
            too_many = [count for count in counts if count > deletable] if largest or none_fits else []
            if too_many:
                reason = f"but {each!r} has {deletable} blocks that can be deleted"
                yield f"{key}.{name}: got {shown(too_many)}, {reason}: allowed are 1 to {deletable}"


def _chunks(study: Study) -> Iterator[str]:
    gradients = study.paths.gradients
    batches = gradients.samples // gradients.samples_per_batch if gradients else 0
    lesions = {key: each for key, each in study.experiments().items() if key.startswith("lesions.")}
    drawn = {f"{key}.draws": getattr(each, "draws", 0) for key, each in lesions.items()}
    pieces = [(key, count, "draws") for key, count in drawn.items()]
    spectra = study.paths.spectrum.batches if study.paths.spectrum else 0
    pieces += [("paths.gradients.samples", batches, "batches"), ("paths.spectrum.batches", spectra, "spectra")]
    pieces += [("mean_field.draws", study.mean_field.draws if study.mean_field else 0, "simulations")]
    for key, count, size in pieces:
        jobs = -(-count // getattr(study.jobs, size))
        if jobs > MOST_JOBS:
            yield f"{key}: makes {jobs} jobs of each network, allowed are {MOST_JOBS}: lower it, or raise jobs.{size}"


def _batches(study: Study) -> Iterator[str]:
    gradients, spectrum = study.paths.gradients, study.paths.spectrum
    if gradients and spectrum and gradients.batch_size != spectrum.batch_size:
        yield (
            f"paths.spectrum.batch_size: got {spectrum.batch_size}, allowed is {gradients.batch_size}, as in "
            "paths.gradients.batch_size: a figure compares norms over the same batches"
        )


def _normalizations(study: Study) -> Iterator[str]:
    channels = 1 if study.dataset.kind == "digits" else 3
    for name, network in study.networks.items():
        given = len(network.normalization.mean) if network.normalization else channels
        if given != channels:
            yield (
                f"networks.{name}.normalization.mean: got {given} channels, "
                f"but images of {study.dataset.kind} have {channels}"
            )


def _ensembles(study: Study) -> Iterator[str]:
    if study.ensembles is None:
        return
    members = study.ensembles.members
    for name in study.ensembles.networks:
        seeds = len(study.networks[name].seeds) if name in study.networks else max(members)
        too_many = [count for count in members if count > seeds]
        if too_many:
            has = f"{name!r} has {seeds} seed{'s' if seeds > 1 else ''}"
            allowed = f"allowed are 1 to {seeds}, or more networks.{name}.seeds"
            yield f"ensembles.members: got {shown(too_many)}, but {has}: {allowed}"
