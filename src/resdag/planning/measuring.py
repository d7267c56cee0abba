"""Which jobs measure: data, training, lesions and paths, network by network and seed by seed."""

import errno
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from resdag import provenance
from resdag.config.networks import RESIDUAL_ARCHITECTURES
from resdag.config.weights import Address
from resdag.datasets.available import content_fingerprint
from resdag.errors import StudyError
from resdag.layout import RESULTS
from resdag.planning.ensembles import averaged
from resdag.planning.job import Job
from resdag.planning.maker import Maker, chunks


def measured(maker: Maker) -> Iterator[Job]:
    """Every job that measures, upstream first."""
    data = prepared(maker)
    yield data
    for name, network in maker.study.networks.items():
        all_made = []
        for seed in network.seeds:
            made = loaded(maker, name, seed, data) if network.weights else trained(maker, name, seed, data)
            all_made.append(made)
            yield made
            yield evaluated(maker, name, seed, data, made)
            yield from gates(maker, name, seed, data, made)
            yield from lesioned(maker, name, seed, data, made)
            yield from path_gradients(maker, name, seed, data, made)
            yield from path_spectrum(maker, name, seed, data, made)
            yield from closed_forms(maker, name, seed)
        yield from averaged(maker, name, data, all_made)


def prepared(maker: Maker) -> Job:
    dataset = maker.study.dataset
    root = getattr(dataset, "root", None)
    size = getattr(dataset, "image_size", None)
    content = content_fingerprint(dataset.kind, root, size, RESULTS / ".content-digests.json")
    spec = {"kind": dataset.kind, "content": content, "image_size": size}
    return maker.job("prepare_data", {}, spec)


def _network_spec(maker: Maker, name: str) -> dict[str, Any]:
    network = maker.study.networks[name]
    normalization = network.normalization.model_dump(mode="json") if network.normalization else None
    return {"options": network.options(), "normalization": normalization}


def trained(maker: Maker, name: str, seed: int, data: Job) -> Job:
    recipe = maker.study.recipe(name).model_dump(mode="json")
    dataset = maker.study.dataset
    spec = _network_spec(maker, name) | {"recipe": recipe, "kind": dataset.kind, "train_limit": dataset.train_limit}
    of = {"network": name, "seed": seed}
    return maker.job("train_network", of, spec, upstream=[data], modules=maker.model_modules(name))


def loaded(maker: Maker, name: str, seed: int, data: Job) -> Job:
    spec = _network_spec(maker, name) | {"weights_sha256": _sum_of_weights(maker, name)}
    of = {"network": name, "seed": seed}
    return maker.job("load_network", of, spec, upstream=[data], modules=maker.model_modules(name))


def _sum_of_weights(maker: Maker, name: str) -> str:
    """SHA-256 of the file at a path; of one at an address, which may still have to be fetched, how it begins."""
    given = maker.study.networks[name].weights
    if isinstance(given, Address):
        return given.identity
    weights = Path(given or "")
    try:
        if weights.exists() and not weights.is_file():
            raise OSError(errno.EINVAL, "it is no file")
        return provenance.file_sha256(weights)
    except OSError as error:
        raise StudyError(
            f"networks.{name}.weights: got {str(weights)!r}, which cannot be read ({error.strerror}); "
            "give a safetensors file or a PyTorch state dict, relative to the checkout or absolute"
        ) from None


def _limits(maker: Maker) -> dict[str, Any]:
    return {"test_limit": maker.study.dataset.test_limit}


def evaluated(maker: Maker, name: str, seed: int, data: Job, made: Job) -> Job:
    spec = _limits(maker) | {"train_limit": maker.study.dataset.train_limit}
    of = {"network": name, "seed": seed}
    return maker.job("evaluate_network", of, spec, upstream=[data, made], modules=maker.model_modules(name))


def possible(maker: Maker, name: str, counts: tuple[int, ...]) -> list[int]:
    """The numbers of blocks that can be deleted from this network: a smaller one is measured at fewer of them."""
    return [count for count in counts if count <= maker.study.networks[name].deletable]


def gates(maker: Maker, name: str, seed: int, data: Job, made: Job) -> Iterator[Job]:
    if maker.study.gates and name in maker.study.gates.networks:
        common: dict[str, Any] = {"upstream": [data, made], "modules": maker.model_modules(name)}
        yield maker.job("measure_gates", {"network": name, "seed": seed}, _limits(maker), **common)


def lesioned(maker: Maker, name: str, seed: int, data: Job, made: Job) -> Iterator[Job]:
    lesions, of = maker.study.lesions, {"network": name, "seed": seed}
    common: dict[str, Any] = {"upstream": [data, made], "modules": maker.model_modules(name)}
    if lesions.single and name in lesions.single.networks:
        spec = _limits(maker) | {"predictions": lesions.single.predictions}
        yield maker.job("delete_single", of, spec, **common)
    if lesions.random and name in lesions.random.networks:
        for chunk, draws in chunks(lesions.random.draws, maker.study.jobs.draws):
            spec = _limits(maker) | {"counts": possible(maker, name, lesions.random.counts), "draws": draws}
            yield maker.job("delete_random", of | {"chunk": chunk}, spec, **common)
    if lesions.reorder and name in lesions.reorder.networks:
        for chunk, draws in chunks(lesions.reorder.draws, maker.study.jobs.draws):
            spec = _limits(maker) | {"swaps": list(lesions.reorder.swaps), "draws": draws}
            yield maker.job("reorder_blocks", of | {"chunk": chunk}, spec, **common)
    yield from controls(maker, name, of, common)


def controls(maker: Maker, name: str, of: dict[str, Any], common: dict[str, Any]) -> Iterator[Job]:
    """Lesions beyond the paper."""
    lesions = maker.study.lesions
    if lesions.skip and name in lesions.skip.networks:
        yield maker.job("delete_skips", of, _limits(maker), **common)
    if lesions.recalibrated and name in lesions.recalibrated.networks:
        spec = _limits(maker) | {"train_limit": maker.study.dataset.train_limit}
        yield maker.job("delete_recalibrated", of, spec | {"images": lesions.recalibrated.images}, **common)
    if lesions.pair and name in lesions.pair.networks:
        yield maker.job("delete_pairs", of, _limits(maker), **common)
    if lesions.run and name in lesions.run.networks:
        yield maker.job(
            "delete_runs", of, _limits(maker) | {"lengths": possible(maker, name, lesions.run.lengths)}, **common
        )
    if lesions.repeat and name in lesions.repeat.networks:
        yield maker.job("repeat_blocks", of, _limits(maker) | {"times": list(lesions.repeat.times)}, **common)


def path_gradients(maker: Maker, name: str, seed: int, data: Job, made: Job) -> Iterator[Job]:
    gradients = maker.study.paths.gradients
    if gradients is None or name not in gradients.networks:
        return
    kept = ("batch_size", "samples_per_batch", "batch_norm")
    common = {key: getattr(gradients, key) for key in kept} | {"train_limit": maker.study.dataset.train_limit}
    for epoch in gradients.epochs:
        for chunk, batches in chunks(gradients.samples // gradients.samples_per_batch, maker.study.jobs.batches):
            of = {"network": name, "seed": seed, "epoch": epoch, "chunk": chunk}
            spec = common | {"batches": batches}
            upstream, modules = [data, made], maker.model_modules(name)
            yield maker.job("sample_path_gradients", of, spec, upstream=upstream, modules=modules)


def path_spectrum(maker: Maker, name: str, seed: int, data: Job, made: Job) -> Iterator[Job]:
    spectrum = maker.study.paths.spectrum
    if spectrum is None or name not in spectrum.networks:
        return
    kept = ("batch_size", "sign_draws")
    common = {key: getattr(spectrum, key) for key in kept} | {"train_limit": maker.study.dataset.train_limit}
    for epoch in spectrum.epochs:
        for chunk, batches in chunks(spectrum.batches, maker.study.jobs.spectra):
            of = {"network": name, "seed": seed, "epoch": epoch, "chunk": chunk}
            spec = common | {"batches": batches}
            upstream, modules = [data, made], maker.model_modules(name)
            yield maker.job("measure_path_spectrum", of, spec, upstream=upstream, modules=modules)


def closed_forms(maker: Maker, name: str, seed: int) -> Iterator[Job]:
    network = maker.study.networks[name]
    if network.architecture in RESIDUAL_ARCHITECTURES:
        yield maker.job("count_paths", {"network": name, "seed": seed}, {"blocks": network.blocks})
