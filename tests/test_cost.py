"""What is said before anything runs: cost, reasons, and files that no study uses any more."""

import os
import time
from pathlib import Path

import pytest
import yaml

from resdag.config.load import load_study, parse_study
from resdag.config.study import Study
from resdag.experiments.mean_field import NORMAL
from resdag.experiments.train import UNCAPTURED
from resdag.layout import base
from resdag.models.build import build, count_parameters
from resdag.planning import cost
from resdag.planning.plan import Job, plan_study
from resdag.planning.record import record, record_of
from resdag.planning.unused import forgotten, remove, unused

STUDY = {
    "study": "small",
    "dataset": {"kind": "digits"},
    "networks": {
        "a": {"architecture": "preact_resnet", "depth": 20},
        "b": {"architecture": "vgg"},
        "c": {"architecture": "preact_resnet", "depth": 38, "convolutions": 6},
        "h": {"architecture": "highway", "depth": 20},
    },
    "lesions": {"single": {"networks": ["a", "b"]}},
}


def study(**changes: object) -> Study:
    return parse_study(STUDY | changes)


def multiply_adds_counted(options: dict, side: int, channels: int) -> float:
    """Multiply-adds of every convolution, counted by hooks while one image passes; the linear layer left out."""
    import torch

    architecture = options.pop("architecture")
    network = build(architecture, in_channels=channels, classes=10, **options).eval()
    total = 0

    def count(layer: torch.nn.Conv2d, _: object, out: torch.Tensor) -> None:
        nonlocal total
        total += layer.weight.numel() * out.shape[2] * out.shape[3]

    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d):
            module.register_forward_hook(count)
    with torch.inference_mode():
        network(torch.zeros(1, channels, side, side))
    return total


@pytest.mark.parametrize("kind", ["digits", "cifar10"])
@pytest.mark.parametrize("name", ["a", "b", "c", "h"])
def test_the_model_of_cost_counts_what_the_networks_compute(kind: str, name: str) -> None:
    here = study(dataset={"kind": kind})
    size = cost.size_of(here)
    counted = multiply_adds_counted(here.networks[name].options(), size.side, size.channels)
    assert cost.multiply_adds(here, name, size) == counted


def test_gates_are_two_passes_over_the_test_images() -> None:
    here = study(gates={"networks": ["h"]})
    (job,) = plan_study(here).of_rule("measure_gates")
    size = cost.size_of(here)
    assert job.kind.cost(cost.work_of(here, job, size)) == 2 * 360 * cost.multiply_adds(here, "h", size)


def test_resnet_110_costs_253_million_multiply_adds_an_image() -> None:
    here = load_study(Path(__file__).parents[1] / "config" / "config.yaml")
    assert round(cost.multiply_adds(here, "resnet110", cost.size_of(here)) / 1e6) == 253


def test_disk_counts_the_parameters_of_the_networks() -> None:
    network = build("preact_resnet", in_channels=3, classes=10, depth=20)
    here = study(dataset={"kind": "cifar10"})
    counted = cost.parameters(here, "a", cost.size_of(here))
    # What is left are batch norms and the linear layer of 640 weights and 10 biases.
    norms = sum(value.numel() for name, value in network.named_parameters() if "bn" in name)
    assert counted == count_parameters(network) - norms - 650


def test_the_plan_of_the_paper_s_study_warns_where_there_is_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    here = load_study(Path(__file__).parents[1] / "config" / "config.yaml")
    plan = plan_study(here)
    monkeypatch.setattr(cost, "visible_devices", list)
    lines = "\n".join(cost.estimate(here, plan, cores=2))
    assert "WARNING: this is a study for a GPU" in lines
    assert "none: the CPU, 2 cores" in lines
    monkeypatch.setattr(cost, "visible_devices", lambda: ["0", "1"])
    with_devices = "\n".join(cost.estimate(here, plan, cores=2))
    assert "WARNING" not in with_devices and "with 2 jobs at a time" in with_devices


def test_steps_that_are_no_graphs_reach_less_of_a_gpu_and_all_of_a_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    def hours(devices: list[str], **training: object) -> float:
        monkeypatch.setattr(cost, "visible_devices", lambda: devices)
        monkeypatch.setattr(cost, "START_SECONDS", 0.0)
        network = {"architecture": "preact_resnet", "depth": 110, "training": training}
        here = study(dataset={"kind": "cifar10"}, networks={"a": network}, lesions={})
        line = next(line for line in cost.estimate(here, plan_study(here), cores=1) if line.startswith("train_network"))
        return float(line.split()[-2])

    # All 54 blocks drawn: the multiply-adds of the network that draws none, launched one by one.
    assert hours(["0"], blocks_per_batch=54) == pytest.approx(hours(["0"]) / UNCAPTURED, rel=0.1)
    assert hours([], blocks_per_batch=54) == hours([])


def test_a_training_on_several_gpus_takes_less_time_and_as_many_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "START_SECONDS", 0.0)

    def cost_of(gpus: int, **training: object) -> tuple[float, list[str], list[str]]:
        monkeypatch.setattr(cost, "visible_devices", lambda: [str(index) for index in range(gpus)])
        network = {"architecture": "preact_resnet", "depth": 998, "training": {"stochastic_depth": 0.5, **training}}
        here = study(dataset={"kind": "cifar10"}, networks={"a": network}, lesions={})
        plan = plan_study(here)
        (seconds,) = cost.seconds_of(here, plan.of_rule("train_network"), cores=8).values()
        lines = {line.split()[0]: line.split() for line in cost.estimate(here, plan, cores=8) if line}
        return seconds, lines["train_network"], lines["time"]

    alone, _, _ = cost_of(1)
    together, of_rule, whole = cost_of(8, devices=8)
    assert alone == pytest.approx(8 * together)
    # All eight devices are busy with it meanwhile; a little is for measuring the network.
    assert float(whole[2]) == pytest.approx(float(of_rule[-2]), rel=0.1)
    assert cost_of(0, devices=8) == cost_of(0)


def test_times_come_from_earlier_runs_of_the_same_rule_and_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    job = next(job for job in plan_study(study()).jobs if job.rule == "train_network" and job.of["network"] == "a")
    assert cost.measured_seconds(job) is None
    folder = Path(job.benchmark).parent
    folder.mkdir(parents=True)
    for number, seconds in enumerate((10, 30, 20)):
        (folder / f"a-0-{number:012d}.tsv").write_text(f"s\tmax_rss\n{seconds}\t5\n")
    (folder / "b-0-000000000000.tsv").write_text("s\tmax_rss\n500\t5\n")
    (folder / "a-0-00000000000x.tsv").write_text("half a")
    assert cost.measured_seconds(job) == 20


def finish(job: Job) -> None:
    from resdag.atomic import write_json, write_text

    for path in job.outputs.values():
        write_text(path, "")
    write_json(record_of(job), record(job))


def test_the_cost_of_random_networks_is_their_random_numbers() -> None:
    section = {"width": 1000, "depth": 7, "draws": 20, "systems": ["plain", "full"]}
    here = study(mean_field=section)
    plain, full = (job.kind.cost(cost.work_of(here, job, cost.size_of(here))) for job in plan_study(here).jobs
                   if job.rule == "simulate_mean_field" and job.of["chunk"] == "0000")  # fmt: skip
    assert plain == NORMAL * 10 * 7 * 2 * 1000**2  # each matrix of ten networks twice
    assert full == 2 * plain
    conditioned = study(mean_field=section | {"matrices": "conditioned"})
    jobs = plan_study(conditioned).of_rule("simulate_mean_field")
    assert sum(job.kind.cost(cost.work_of(conditioned, job, cost.size_of(here))) for job in jobs) < (plain + full) / 20


def test_clean_finds_what_no_study_uses_and_leaves_a_training_under_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").mkdir()
    file = tmp_path / "config" / "small.yaml"
    file.write_text(yaml.safe_dump(STUDY))
    for job in plan_study(study()).jobs:
        finish(job)
    assert unused() == []
    weights = Path(plan_study(study()).of_rule("train_network")[0].outputs["weights"])
    weights.with_name("state.pt").write_text("")
    aside = weights.with_name(".weights.safetensors.1234.part")
    aside.write_text("")
    assert unused() == []
    two_hours_ago = time.time() - 7200
    os.utime(aside, (two_hours_ago, two_hours_ago))
    assert unused() == [aside]
    remove([aside])
    for name in ("mean-field/plain/theory-000000000000.parquet", "gates/a/seed0-000000000000.parquet"):
        stray = Path(base("small")) / name
        stray.parent.mkdir(parents=True, exist_ok=True)
        stray.write_text("")
        assert unused() == [stray]
        remove([stray])
    file.write_text(yaml.safe_dump(STUDY | {"training": {"epochs": 7}}))
    old = unused()
    assert weights in old and weights.with_name("state.pt") in old
    assert not [path for path in old if path.parts[2] in ("data", "figures")]
    remove(old)
    assert unused() == [] and not weights.parent.exists()
    assert Path(base("small")).is_dir()
    file.write_text(yaml.safe_dump(STUDY | {"study": "other"}))
    assert forgotten() == ["small"]
