"""Weights by address: planned before they are there, fetched once before the first job, held to their sum."""

import hashlib
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from resdag.config.load import load_study, parse_study
from resdag.config.study import Study
from resdag.config.weights import Address
from resdag.errors import DatasetError, WeightsError
from resdag.execution.outside import check_images, have_weights
from resdag.execution.task import PLANS
from resdag.models.build import build
from resdag.models.weights import save_weights
from resdag.planning.plan import plan_study
from resdag.verbs.run import by_hand
from served import Server, served
from workflow_tools import ROOT, kill_group, logs, query, run, start

OPTIONS = {"depth": 8, "width": 4}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of a network for digits that others might have published."""
    path = tmp_path_factory.mktemp("published") / "weights.safetensors"
    save_weights(build("resnet", in_channels=1, classes=10, seed=3, **OPTIONS), path)
    return path.read_bytes()


def content_of(weights: Any, **further: Any) -> dict[str, Any]:
    network = {"architecture": "resnet", **OPTIONS, "weights": weights}
    return {"study": "outside", "dataset": {"kind": "digits"}, "networks": {"others": network}} | further


def study_of(server: Server, content: bytes, digits: int = 8) -> Study:
    return parse_study(content_of({"url": server.address, "sha256": hashlib.sha256(content).hexdigest()[:digits]}))


def fingerprint(study: Study) -> str:
    (job,) = plan_study(study).of_rule("load_network")
    return job.fingerprint


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://example.org/models/resnet110-1d1ed7c2.th", "data/checkpoints/resnet110-1d1ed7c2.th"),
        ("https://example.org/some/model.safetensors?download=true", "data/checkpoints/model-1d1ed7c2.safetensors"),
        ("https://example.org/two%20words.th", "data/checkpoints/two words-1d1ed7c2.th"),
    ],
)
def test_a_file_is_named_after_its_address_and_told_from_its_namesakes(url: str, path: str) -> None:
    assert Address(url=url, sha256="1D1ED7C2").path == path


def test_a_plan_is_the_same_before_and_after_the_file_is_there_and_wherever_it_came_from(published: bytes) -> None:
    with served(published) as server, served(published) as mirror:
        study = study_of(server, published)
        before = fingerprint(study)
        assert server.asked == []  # a plan asks nobody
        have_weights(study, ["others"], print)
        assert fingerprint(study) == before
        assert fingerprint(study_of(mirror, published, 64)) == before
        assert fingerprint(study_of(server, b"another file")) != before


@pytest.mark.parametrize("digits", [8, 64])
def test_a_job_by_hand_fetches_its_weights_once(digits: int, published: bytes) -> None:
    with served(published) as server:
        study = study_of(server, published, digits)
        plan = plan_study(study)
        for job in [*plan.of_rule("prepare_data"), *plan.of_rule("load_network") * 2]:
            by_hand(study, job, Path("study.yaml"), threads=1)
    assert server.asked == [None]
    ours = Path(plan.of_rule("load_network")[0].outputs["weights"])
    assert ours.read_bytes() == published  # these were ours before
    assert [path.read_bytes() for path in Path("data/checkpoints").iterdir()] == [published]


def test_a_file_that_is_there_needs_no_network_and_is_held_to_its_sum(published: bytes) -> None:
    with served(published) as server:
        study = study_of(server, published)
    path = Path(study.networks["others"].weights.path)
    path.parent.mkdir(parents=True)
    path.write_bytes(published)
    have_weights(study, ["others"], print)
    path.write_bytes(b"another")
    with pytest.raises(WeightsError) as refused:
        have_weights(study, ["others"], print)
    found = hashlib.sha256(b"another").hexdigest()
    assert str(refused.value) == (
        f"networks.others.weights: {path} is another file: its SHA-256 should begin with {path.stem[-8:]} and is "
        f"{found}; move it away, and {server.address} is fetched, or mend sha256"
    )
    assert path.read_bytes() == b"another"


def test_a_published_file_put_in_its_place_by_hand_is_taken(published_resnet20: Path) -> None:
    """Where the workplace has one: its name says how its sum begins, and published.yaml says the same."""
    study = load_study(ROOT / "config/published.yaml")
    path = Path(study.networks["resnet20-published"].weights.path)
    path.parent.mkdir(parents=True)
    path.write_bytes(published_resnet20.read_bytes())
    have_weights(study, ["resnet20-published"], print)


def test_without_a_network_every_file_is_named_with_its_address_and_its_place(published: bytes) -> None:
    with served(published) as server:
        pass
    content = content_of({"url": server.address, "sha256": "0123abcd"})
    content["networks"]["second"] = content["networks"]["others"] | {
        "weights": {"url": f"{server.address}.th", "sha256": "4567cdef"}
    }
    with pytest.raises(WeightsError) as refused:
        have_weights(parse_study(content), ["others", "second"], print)
    said = str(refused.value)
    assert said.startswith("networks.others.weights: data/checkpoints/file-0123abcd.bin is not there, and ")
    assert f"{server.address} could not be fetched (" in said and "put the file there by hand" in said
    assert said.endswith(f"likewise data/checkpoints/file.bin-4567cdef.th, from {server.address}.th")


def test_images_that_must_be_fetched_are_asked_for_before_any_job() -> None:
    with served(b"archive") as server:
        dataset = {"kind": "cifar10", "root": "data", "archive": server.address}
        study = parse_study(content_of(None, dataset=dataset))
        check_images(study)
        assert server.asked == ["bytes=0-0"]
        server.status = 404
        with pytest.raises(DatasetError, match=r"does not answer \(HTTP Error 404.*Either put its files"):
            check_images(study)


# Through Snakemake


def outside(folder: Path, server: Server, content: bytes) -> list[str]:
    """A study of one published network in a checkout, and the command that loads and measures it."""
    digits = hashlib.sha256(content).hexdigest()[:8]
    address = server.address_with_password if server.password else server.address
    text = yaml.safe_dump(content_of({"url": address, "sha256": digits}))
    (folder / "config/outside.yaml").write_text(text)
    return ["snakemake", "--cores", "1", "--configfile", "config/outside.yaml", "train"]


@pytest.mark.workflow
def test_a_workflow_without_a_network_is_refused_before_any_job_and_its_dry_run_is_not(
    fresh: Path, published: bytes
) -> None:
    with served(published) as server:
        pass
    command = outside(fresh, server, published)
    assert run(fresh, *command, "-n")[0] == 0
    status, said = run(fresh, *command)
    assert status != 0
    assert f"{server.address} could not be fetched" in said and "Traceback" not in said
    assert "rule prepare_data" not in said and not logs(fresh)


@pytest.mark.workflow
def test_a_workflow_that_is_killed_while_it_fetches_goes_on_and_writes_no_password_down(
    fresh: Path, published: bytes
) -> None:
    with served(published, hangs=0.001, password="me:s3cret") as server:
        command = [*outside(fresh, server, published)[:-1], "database"]
        process = start(fresh, *command)
        part = fresh / "data/checkpoints" / f"file-{hashlib.sha256(published).hexdigest()[:8]}.bin.part"
        while not (part.exists() and part.stat().st_size):
            assert process.poll() is None, process.communicate()[0]
        kill_group(process)
        kept, server.hangs = os.stat(part).st_size, 0.0
        status, said = run(fresh, *command)
        assert status == 0, said
        assert server.asked == [None, f"bytes={kept}-"]
        assert run(fresh, *command)[1].count("Nothing to be done") == 1
        assert len(server.asked) == 2
    ((config,),) = query(fresh, "SELECT config FROM studies")
    assert json.loads(config)["networks"]["others"]["weights"]["url"] == server.address.replace("://", "://***@")
    # Those that read the address stay: the study file, and the plan of its jobs, which nobody else may open.
    holding = {path.relative_to(fresh) for path in files_in(fresh) if b"s3cret" in path.read_bytes()}
    assert {path.parent for path in holding} <= {Path("config"), PLANS}
    assert stat.S_IMODE((fresh / PLANS).stat().st_mode) == 0o700


def files_in(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())
