"""Study files: the shipped ones, what a file may say and how it is read."""

import json
import re
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from pydantic import BaseModel, ValidationError

from resdag.config.base import NetworkName
from resdag.config.claim import thresholds
from resdag.config.claims import Claims
from resdag.config.load import DEFAULT_STUDY, load_study, merged, parse_study, read_yaml
from resdag.config.page import COSTS, SECTIONS, page_text, tables_text
from resdag.config.schema import schema_text
from resdag.config.sections import StudyFile
from resdag.config.study import Study
from resdag.config.training import Training, TrainingOverride
from resdag.config.weights import SHIPPED as BROUGHT
from resdag.errors import StudyError, UnmadeError
from resdag.execution.task import read_task
from resdag.execution.workflow import Workflow, open_workflow
from resdag.planning.plan import plan_study
from resdag.planning.registry import asked

ROOT = Path(__file__).resolve().parents[1]
CONFIG = ROOT / "config"
SHIPPED = sorted(CONFIG.glob("*.yaml"))
TRACED = ("imagenet", "imagenet-sample")  # networks of others, of which some are large
SMALL: dict[str, Any] = {
    "study": "small",
    "dataset": {"kind": "digits"},
    "networks": {"a": {"architecture": "preact_resnet", "depth": 8}},
}


def small(**changes: Any) -> Study:
    return parse_study(merged(SMALL, changes))


def written(folder: Path, text: str, name: str = "study.yaml") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


# Shipped studies


NEEDS = {"imagenet-sample": "efficientnet_lite_pytorch"}  # packages that only one study needs: no part of the lock


def lacks(path: Path) -> str | None:
    """The package of networks of others that a shipped study needs and that is not installed."""
    needed = NEEDS.get(path.stem)
    return needed if needed and find_spec(needed) is None else None


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, marks=[pytest.mark.workflow] * (path.stem in TRACED)) for path in SHIPPED],
    ids=lambda path: path.stem,
)
def test_every_shipped_study_loads_and_plans(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    if lacks(path):  # the refusal names the package, and the study file says how to get it
        with pytest.raises(UnmadeError, match=lacks(path)):
            load_study(path)
        assert str(lacks(path)).replace("_", "-") in path.read_text(encoding="utf-8")
        return
    study = load_study(path)
    given = [net.weights for net in study.networks.values() if isinstance(net.weights, str) and net.weights != BROUGHT]
    absent = [path for path in given if not Path(path).exists()]
    if absent:  # weights of others are not shipped; the plan says which to fetch
        with pytest.raises(StudyError, match=re.escape(absent[0])):
            plan_study(study)
    else:
        assert plan_study(study).jobs


def test_the_published_networks_are_of_one_recipe_and_their_files_named_by_their_sums() -> None:
    study = load_study(CONFIG / "published.yaml")
    assert [network.blocks for network in study.networks.values()] == [9, 15, 21, 27, 54]
    for network in study.networks.values():
        depth, digits = network.depth, network.weights.sha256
        assert network.weights.url.endswith(f"/pretrained_models/resnet{depth}-{digits}.th")
        assert network.weights.path == f"data/checkpoints/resnet{depth}-{digits}.th"
        assert network.model_dump(exclude={"depth", "weights"}) == {
            "architecture": "resnet", "convolutions": 2, "width": 16, "shortcut": "subsample", "seeds": (0,),
            "normalization": {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)},  # of ImageNet
            "training": study.networks["resnet20-published"].training.model_dump(),
        }  # fmt: skip
    pairs = load_study(CONFIG / "published-pairs.yaml")
    assert {name: pairs.networks[name] for name in pairs.networks}.items() <= study.networks.items()


def test_names_of_shipped_studies_are_distinct() -> None:
    names = [read_yaml(path)["study"] for path in SHIPPED]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", ["digits", "config"])
def test_the_networks_that_the_contract_names_are_there(name: str) -> None:
    study = load_study(CONFIG / f"{name}.yaml")
    blocks = {key: network.blocks for key, network in study.networks.items()}
    named = {"resnet110": 54, "vgg15": 14, "resnet110-stochastic-depth": 54, "resnet110-effective-paths": 54}
    assert named.items() <= blocks.items()
    assert study.recipe("resnet110-stochastic-depth").stochastic_depth == 0.5
    assert study.recipe("resnet110-effective-paths").blocks_per_batch == 23
    assert study.networks["vgg15"].channels == 128


def test_the_study_of_the_paper_is_the_default_and_its_recipe_the_default_recipe() -> None:
    study = load_study(ROOT / DEFAULT_STUDY)
    assert study.training.model_dump(exclude={"crop_padding", "flip"}) == Training().model_dump(
        exclude={"crop_padding", "flip"}
    )
    assert (study.training.crop_padding, study.training.flip) == (4, True)
    assert study.claims == Claims()


@pytest.mark.parametrize("name", ["config", "digits"])
def test_every_number_of_a_rule_stands_in_the_whole_studies(name: str) -> None:
    """Networks that claims are about have their default names there; thresholds are written out, with their reasons."""
    given = read_yaml(CONFIG / f"{name}.yaml")["claims"]
    numbers = {each.key for each in thresholds() if each.type is not NetworkName}
    asked = numbers - ({"baseline_error"} if name == "digits" else set())  # the authors' error is of CIFAR-10
    assert asked <= given.keys() <= set(Claims.model_fields)


def test_the_recipe_is_that_of_he_2016() -> None:
    recipe = Training()
    steps = -(-50_000 // recipe.batch_size)
    assert [round(steps * epoch / 1000) for epoch in (*recipe.drop_epochs, recipe.epochs)] == [32, 48, 64]
    assert (recipe.learning_rate, recipe.drop_factor, recipe.momentum, recipe.weight_decay) == (0.1, 0.1, 0.9, 1e-4)


def test_the_schema_file_is_fresh() -> None:
    assert (CONFIG / "schema.json").read_text() == schema_text(), "run `make docs`"


def test_the_page_of_keys_is_fresh() -> None:
    page = (CONFIG / "README.md").read_text()
    assert page_text(page) == page, "write resdag.config.page.page_text of the page into it"


def sections(model: type[BaseModel]) -> set[type[BaseModel]]:
    """A model and all models below it."""
    found = {model}
    for field in model.model_fields.values():
        waiting = [field.annotation]
        while waiting:
            annotation = waiting.pop()
            if isinstance(annotation, type) and issubclass(annotation, BaseModel) and annotation not in found:
                found |= sections(annotation)
            waiting += getattr(annotation, "__args__", ())
    return found


def test_the_page_shows_every_key_of_every_section() -> None:
    tables = {part.split("\n")[0]: part for part in f"\n{tables_text()}".split("\n## ")}
    models = {model.__name__: model for model in sections(StudyFile)}
    for title, names, _ in SECTIONS:
        keys = {key for name in names for key in models[name].model_fields}
        assert set(re.findall(r"^\| `(\w+)` \|", tables[title], re.MULTILINE)) == keys
    shown = {name for _, names, _ in SECTIONS for name in names}
    assert set(models) - shown == {"TrainingOverride"}  # as Training
    assert all(key in models[name].model_fields for name, key in COSTS)


def test_the_schema_knows_ranges_and_choices() -> None:
    schema = json.loads(schema_text())["$defs"]
    assert schema["Vgg"]["properties"]["depth"] | {"description": ""} == {
        "default": 15, "description": "", "maximum": 100, "minimum": 6, "title": "Depth", "type": "integer",
    }  # fmt: skip
    assert all(model.get("additionalProperties") is False for model in schema.values())


# What a file may say


def test_three_keys_make_a_study() -> None:
    study = small()
    assert study.training == Training()
    assert study.networks["a"].seeds == (0,)
    assert asked(study) == {}


def test_a_study_cannot_be_changed() -> None:
    study = small()
    with pytest.raises(ValidationError, match="frozen"):
        study.study = "other"
    with pytest.raises(ValidationError, match="frozen"):
        study.training.epochs = 3


def test_a_network_changes_its_own_entries_of_the_recipe_and_no_others() -> None:
    own = {"a": {"training": {"epochs": 7, "flip": None}}}
    study = small(training={"epochs": 3, "momentum": 0.5, "flip": False}, networks=own)
    assert study.recipe("a") == Training(epochs=7, momentum=0.5, flip=None)


def test_a_recipe_that_only_together_contradicts_itself_is_refused() -> None:
    with pytest.raises(StudyError, match=r"networks\.a\.training: .*exclude each other"):
        small(training={"stochastic_depth": 0.5}, networks={"a": {"training": {"blocks_per_batch": 2}}})


def test_an_override_has_the_keys_of_the_recipe() -> None:
    assert set(TrainingOverride.model_fields) == set(Training.model_fields)


@pytest.mark.parametrize("depth", range(1, 60))
def test_depth_is_two_more_than_a_multiple_of_six(depth: int) -> None:
    network = {"architecture": "resnet", "depth": depth}
    if depth % 6 == 2 and depth > 2:
        assert small(networks={"a": network}).networks["a"].blocks == 3 * (depth - 2) // 6
    else:
        with pytest.raises(StudyError, match=r"networks\.a\.depth: .*6n \+ 2"):
            small(networks={"a": network})


@pytest.mark.parametrize(("text", "value"), [("1e-1", 0.1), ("0.1", 0.1), ("1.0e-1", 0.1), ("'0.1'", 0.1), ("1", 1.0)])
def test_numbers_are_read_however_yaml_writes_them(text: str, value: float, tmp_path: Path) -> None:
    path = written(tmp_path, f"{yaml.safe_dump(SMALL)}training: {{learning_rate: {text}}}\n")
    assert load_study(path).training.learning_rate == value


@pytest.mark.parametrize("text", ["true", "yes", "on", "no"])
@pytest.mark.parametrize("key", ["epochs", "learning_rate", "drop_epochs", "stochastic_depth"])
def test_true_is_no_number(key: str, text: str, tmp_path: Path) -> None:
    value = f"[{text}]" if key == "drop_epochs" else text
    path = written(tmp_path, f"{yaml.safe_dump(SMALL)}training: {{{key}: {value}}}\n")
    with pytest.raises(StudyError, match=rf"training\.{key}.*neither true nor false"):
        load_study(path)


def test_a_key_that_stands_twice_is_refused_with_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, "study: x\ndataset: {kind: digits}\ntraining: {epochs: 1}\ntraining: {epochs: 2}\n")
    with pytest.raises(StudyError, match="line 4: the key 'training' stands twice"):
        load_study(path)


def test_shared_entries_can_be_replaced_by_own_ones(tmp_path: Path) -> None:
    text = "study: x\ndataset: {kind: digits}\nnetworks:\n  a: &a {architecture: preact_resnet, depth: 8}\n"
    study = load_study(written(tmp_path, text + "  b: {<<: *a, depth: 14}\n"))
    assert [network.depth for network in study.networks.values()] == [8, 14]
    with pytest.raises(StudyError, match="line 5: the key 'depth' stands twice"):
        load_study(written(tmp_path, text + "  b: {<<: *a, depth: 14, depth: 20}\n"))


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    assert load_study(written(tmp_path, "\ufeff" + yaml.safe_dump(SMALL))).study == "small"


def test_two_files_of_one_study_are_refused(tmp_path: Path) -> None:
    first = written(tmp_path, yaml.safe_dump(SMALL), "first.yaml")
    assert load_study(first).study == "small"
    written(tmp_path, yaml.safe_dump(SMALL), "second.yml")
    with pytest.raises(StudyError, match=r"study: the name 'small' is also that of .*second\.yml"):
        load_study(first)
    assert load_study(first, overrides={"study": "third"}).study == "third"


def test_another_files_mistakes_are_none_of_this_studys(tmp_path: Path) -> None:
    (tmp_path / "binary.yaml").write_bytes(bytes(range(256)))
    (tmp_path / "folder.yaml").mkdir()
    written(tmp_path, "- a list\n", "list.yaml")
    assert load_study(written(tmp_path, yaml.safe_dump(SMALL))).study == "small"


def test_files_and_then_overrides_lie_over_a_file_mapping_by_mapping(tmp_path: Path) -> None:
    first = written(tmp_path, yaml.safe_dump(SMALL | {"training": {"epochs": 5, "momentum": 0.5}}), "first.yaml")
    second = written(tmp_path, "training: {epochs: 6}\njobs: {draws: 3}\n", "second.yaml")
    study = load_study(first, second, overrides={"jobs": {"draws": 4}, "networks": {"a": {"seeds": [1, 2]}}})
    assert (study.training.epochs, study.training.momentum, study.jobs.draws) == (6, 0.5, 4)
    assert study.networks["a"].seeds == (1, 2)
    assert study.networks["a"].depth == 8


def test_every_run_with_overrides_hands_its_own_plan_to_its_jobs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("resdag.execution.workflow.announce", lambda: None)
    file = written(tmp_path, yaml.safe_dump(SMALL))

    def run(**overrides: Any) -> Workflow:
        called = SimpleNamespace(config=overrides), SimpleNamespace(cores=2, nodes=None), {}
        names = ("config_settings", "resource_settings", "global_resources")
        process = {"overwrite_configfiles": [file], "remote_exec": False, "is_main_process": True}
        return open_workflow(SimpleNamespace(**process, **dict(zip(names, called, strict=True))))

    assert run().plan_file == run().plan_file
    runs = [run(training={"epochs": epochs}) for epochs in (1, 2)]
    for each in runs:
        each.hand_over()  # those of this study before it go
        (job,) = each.plan.of_rule("train_network")
        task = read_task(Path(each.plan_file), job.rule, job.fingerprint)
        assert (task.spec["recipe"]["epochs"], task.outputs) == (each.study.training.epochs, job.outputs)
    assert [path.name for path in Path("results/.plans").iterdir()] == [Path(runs[1].plan_file).name]


def test_reading_back_a_dumped_study_gives_the_same_study() -> None:
    for path in (path for path in SHIPPED if not lacks(path)):
        study = load_study(path)
        assert parse_study(study.model_dump(mode="json", exclude_unset=True)) == study
        assert parse_study(json.loads(study.model_dump_json(exclude_defaults=True))) == study
