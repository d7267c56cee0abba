"""Studies that cannot be run: each is refused in sentences that name the key, and never with a traceback."""

import copy
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resdag.config.load import load_study, parse_study, read_yaml
from resdag.errors import StudyError
from resdag.planning.plan import plan_study

ROOT = Path(__file__).resolve().parents[1]
Place = tuple[str | int, ...]


@cache
def _whole() -> dict[str, Any]:
    """tiny.yaml with every section in it, so that every kind of key can be spoilt."""
    content = read_yaml(ROOT / "config/tiny.yaml")
    content["networks"]["resnet20"] = {
        "architecture": "resnet", "depth": 20, "normalization": {"mean": [0.5], "std": [0.2]}, "seeds": [0, 1],
    }  # fmt: skip
    content["training"] |= {"learning_rate": 0.1, "momentum": 0.9, "precision": "float32", "flip": False}
    content["claims"] |= {"random_error": [0.1, 0.35], "confidence": 0.95, "gradient_r": [0.15, 0.45]}
    content["figures"] = {"width": 500, "font": "Inter, sans-serif", "styles": {"figure_3": {"height": 400}}}
    return content


def whole() -> dict[str, Any]:
    return copy.deepcopy(_whole())


def places(content: Any, above: Place = ()) -> Iterator[Place]:
    """Every key and every item of a study."""
    items = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, value in items:
        yield (*above, key)
        yield from places(value, (*above, key))


def path_of(place: Place) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")


def put(content: dict[str, Any], place: Place, value: Any) -> dict[str, Any]:
    here: Any = content
    for part in place[:-1]:
        here = here[part]
    here[place[-1]] = value
    return content


def refusal(content: Any) -> str | None:
    """What is said of a study; None where it can be run. Anything but a StudyError escapes."""
    try:
        plan_study(parse_study(content))
    except StudyError as error:
        return str(error)
    return None


def deep(levels: int) -> Any:
    value: Any = 1
    for level in range(levels):
        value = {"x": value} if level % 2 else [value]
    return value


def own_tail() -> list[Any]:
    value: list[Any] = [1]
    value.append(value)
    return value


def test_the_study_that_is_spoilt_here_can_be_run() -> None:
    assert refusal(whole()) is None


# Each of these in each of 111 places: four thousand studies
SPOILT: dict[str, Any] = {
    "null": None, "true": True, "false": False, "zero": 0, "one": 1, "minus one": -1, "half": 0.5, "nan": float("nan"),
    "inf": float("inf"), "-inf": float("-inf"), "tiny": 5e-324, "huge": 10**400, "-huge": -(10**400), "large": 2**31,
    "64 bit": 2**63, "1e308": 1e308, "text": "nonsense", "empty text": "", "blank": " ", "number as text": "17",
    "nan as text": "nan", "long text": "x" * 100_000, "nul": "a\0b", "escape": "\x1b[31m", "newline": "a\nb",
    "surrogate": "\ud800", "unicode": "ñ漢😀", "up": "../../etc", "absolute": "/etc/passwd", "list": [],
    "nested": [[[]]], "mapping": {}, "numbered mapping": {1: 2}, "deep": deep(5000), "itself": own_tail(),
    "bytes": b"\xff\x00",
}  # fmt: skip


@pytest.mark.parametrize("value", SPOILT.values(), ids=SPOILT.keys())
def test_a_spoilt_value_is_taken_or_refused_by_its_path(value: Any) -> None:
    for place in places(_whole()):
        said = refusal(put(whole(), place, value))
        if said is not None:
            own, above = path_of(place), path_of(place[:-1] or place)
            # Of two keys that must agree, one is refused and the other named.
            contradicts = f"as in {own}" in said or f"held against {own}" in said
            assert f"study: {own}" in said or f"study: {above}" in said or contradicts, (place, said)
            assert all(char.isprintable() or char == "\n" for char in said)
            assert all(len(line) < 1000 for line in said.splitlines())


@pytest.mark.parametrize("place", sorted(places(_whole()), key=str), ids=path_of)
def test_a_key_that_is_left_out_or_misspelt_is_refused_by_its_path_or_not_needed(place: Place) -> None:
    content = whole()
    here: Any = content
    for part in place[:-1]:
        here = here[part]
    kept = here.pop(place[-1])
    said = refusal(content)
    assert said is None or path_of(place) in said or path_of(place[:-1]) in said or str(place[-1]) in said
    if isinstance(here, dict) and place not in {("networks", name) for name in _whole()["networks"]}:
        misspelt = (*place[:-1], f"{place[-1]}x")
        here[misspelt[-1]] = kept
        said = refusal(content)
        assert said is not None
        assert path_of(misspelt) in said or path_of(misspelt[:-1]) in said


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.binary(max_size=5)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8) | st.integers(), inner, max_size=4),
)


@pytest.mark.workflow
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_whatever_is_done_to_a_study_only_sentences_come_out(data: st.DataObject) -> None:
    content = whole()
    for _ in range(data.draw(st.integers(1, 4))):
        here = data.draw(st.sampled_from([(), *places(content)]))
        target: Any = content
        for part in here:
            target = target[part]
        if isinstance(target, dict):
            key = data.draw(st.sampled_from([*map(str, target), "new", "networks", "architecture"]))
            target[key] = data.draw(VALUES)
        elif here:
            put(content, here, data.draw(VALUES))
    said = refusal(content)
    assert said is None or said.startswith("study: ")


@pytest.mark.workflow
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(VALUES)
def test_whatever_stands_for_a_study_is_refused(content: Any) -> None:
    assert refusal(content)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_whatever_stands_in_a_file_is_refused_by_the_name_of_the_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "study.yaml"
    path.write_bytes(content)
    with pytest.raises(StudyError, match=r"study\.yaml: "):
        load_study(path)


YAML_TEXTS = {
    "empty": ("", "holds nothing"),
    "comment": ("# nothing\n", "holds nothing"),
    "list": ("- a\n- b\n", "holds ['a', 'b'], but it should be a mapping"),
    "text": ("study\n", "holds 'study'"),
    "tab": ("study: x\n\tdataset: 1\n", "line 2"),
    "unclosed": ("study: {a: [1\n", "not valid YAML: line"),
    "two documents": ("study: a\n---\nstudy: b\n", "not valid YAML"),
    "object": ("study: !!python/object/apply:os.system [true]\n", "not valid YAML: line 1"),
    "boolean tag": ("study: !!bool maybe\n", "not valid YAML"),
    "number tag": ("study: !!int many\n", "not valid YAML"),
    "empty number tag": ("study: !!int ''\n", "not valid YAML"),
    "date tag": ("study: !!timestamp soon\n", "not valid YAML"),
    "no such day": ("study: 2026-02-31\n", "not valid YAML"),
    "binary tag": ("study: !!binary ä\n", "not valid YAML"),
    "own anchor": ("study: &a [*a]\n", "not valid YAML"),
    "no anchor": ("study: *a\n", "not valid YAML"),
    "list as key": ("? [a, b]\n: c\n", "is not text"),
    "number as key": ("study: a\nnetworks: {20: {}}\n", "line 2: the key 20 is not text"),
    "merge of a text": ("<<: text\n", "not valid YAML"),
    "merges of merges": (
        "".join(f"a{n}: &a{n} {{x{n}: 1, <<: [{', '.join([f'*a{n - 1}'] * 9 if n else [])}]}}\n" for n in range(20)),
        "not valid YAML: line 6, column 17: `<<` puts more than 10,000 entries into one mapping",
    ),
    "merge of itself": ("study: &a\n  <<: *a\n", "not valid YAML"),
    "deep": ("study: " + "[" * 5000 + "]" * 5000, "not valid YAML"),
    "long number": ("study: " + "9" * 5000, "not valid YAML"),
}


@pytest.mark.workflow
@pytest.mark.parametrize(("text", "sentence"), YAML_TEXTS.values(), ids=YAML_TEXTS.keys())
def test_what_is_no_study_file_is_refused_with_its_place(text: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StudyError, match=rf"study\.yaml: .*{re.escape(sentence)}"):
        load_study(path)


def test_references_to_references_do_not_fill_the_memory(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]" for level in range(1, 12)]
    (tmp_path / "study.yaml").write_text("\n".join(lines))
    with pytest.raises(StudyError, match=r"is nested deeper than any key of a study"):
        load_study(tmp_path / "study.yaml")
    (tmp_path / "study.yaml").write_text("\n".join([*lines[:8], "training: {drop_epochs: *a7}"]))  # 10^8 times x
    with pytest.raises(StudyError, match=r"training\.drop_epochs\[0\]: got \[\["):
        load_study(tmp_path / "study.yaml")


@pytest.mark.parametrize("name", ["missing.yaml", "folder.yaml"])
def test_a_path_that_is_no_file_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    with pytest.raises(StudyError, match="cannot be read"):
        load_study(tmp_path / name)


# Sentences: a place, a value, what must be said of it
SENTENCES: list[tuple[str, Any, str]] = [
    ("study", "../../etc", r"study: got '../../etc', but it should match pattern"),
    ("networks.resnet26.depth", 19, r"networks\.resnet26\.depth: got 19, but .*allowed are 6n \+ 2, such as 14 or 20"),
    ("networks.resnet26.depth", 6 * 10**9 + 2, r"depth: got 6000000002, but it should be less than or equal to 10000"),
    ("networks.vgg8.depth", 5, r"networks\.vgg8\.depth: got 5, but it should be greater than or equal to 6"),
    ("networks.resnet26.dept", 26, r"networks\.resnet26\.dept: is an unknown key; did you mean depth\?"),
    ("networks.int", {"architecture": "vgg", "depth": 1}, r"networks\.int\.depth: got 1"),
    ("networks.vgg", {"architecture": "vgg", "vgg": 1}, r"networks\.vgg\.vgg: is an unknown key"),
    ("networks.new", {"depth": 20}, r"networks\.new\.architecture: got null, allowed are preact_resnet, resnet, h"),
    ("networks.new", {"architecture": "wide"}, r"networks\.new\.architecture: got 'wide', allowed are 'preact_resnet'"),
    ("networks.vgg8.training", {"stochastic_depth": 0.5}, r"networks\.vgg8\.training\.stochastic_depth: got 0\.5, but"),
    ("networks.highway8.training", {"stochastic_depth": 0.5}, r"'highway8' is a highway network, gated skips; allowed"),
    ("networks.highway8.gate", "frozen", r"gates\.networks\[0\]: got 'highway8', which has no learned gates; allowed"),
    ("networks.int", {"architecture": "highway", "depth": 8, "gate": "frozen", "gate_bias": -1}, r"gate is frozen, so"),
    ("gates.networks", ["resnet26"], r"gates\.networks\[0\]: got 'resnet26', which has no learned gates; allowed are"),
    ("networks.resnet26.training", {"blocks_per_batch": 13}, r"blocks_per_batch: got 13, allowed are 1 to 12"),
    ("networks.resnet26.training", {"epochs": None}, r"networks\.resnet26\.training\.epochs: .*valid integer"),
    ("networks.vgg8.weights", "no/such.th", r"networks\.vgg8\.weights: got 'no/such\.th', which cannot be read"),
    ("networks.vgg8.weights", "config", r"networks\.vgg8\.weights: got 'config', which cannot be read"),
    ("networks.vgg8.weights", "/dev/zero", r"weights: got '/dev/zero', which cannot be read \(it is no file\)"),
    ("networks.vgg8.weights", "https://example.org/x.th", r"weights: got 'https.*', but an address needs the sum"),
    ("networks.vgg8.weights", {"url": "x.th", "sha256": "0123abcd"}, r"weights\.url: got 'x\.th', but it should match"),
    ("networks.vgg8.weights", {"url": "https://h.org/", "sha256": "0123abcd"}, r"url: .* end in the name of a file"),
    ("networks.vgg8.weights", {"url": "https://h.org/x", "sha256": "0123abc"}, r"weights\.sha256: got '0123abc', but"),
    ("networks.vgg8.weights", {"url": "https://h.org/x", "sha256": 12345678}, r"sha256: .*put the digits in quotes"),
    ("networks.vgg8.weights", {"url": "https://h.org/x", "sha": "0123abcd"}, r"unknown key; did you mean sha256\?"),
    ("networks.resnet26.seeds", [0, 0], r"seeds: got \[0, 0\], but each may stand there once: 0 is repeated"),
    ("networks.resnet26.normalization", {"mean": [0.5] * 3, "std": [0.2] * 3}, r"got 3 channels, but images of digits"),
    ("training.stochastic_depth", 0.5, r"training.*exclude each other"),
    ("training.keep_epochs", [1, 2, 3], r" training\.keep_epochs: got \[2, 3\], .* last, 2, as in training\.epochs"),
    ("networks.vgg8.training", {"keep_epochs": [5]}, r"networks\.vgg8\.training\.keep_epochs: got \[5\], allowed for"),
    ("training.keep_epochs", [0], r"training\.keep_epochs\[0\]: got 0, but it should be greater than or equal to 1"),
    ("paths.spectrum.epochs", ["first", 7], r"spectrum\.epochs: got \[7\], but 'resnet26' does not keep its weights"),
    ("paths.spectrum.epochs", [1, 1], r"spectrum\.epochs: got \[1, 1\], but each may stand there once"),
    ("paths.gradients.epochs", [0], r"gradients\.epochs\[0\]: got 0, but .*, or it should be 'first' or 'last'"),
    ("lesions.repeat.times", [1, 2], r"lesions\.repeat\.times\[0\]: got 1, but it should be greater than or equal"),
    ("training.learning_rate", 1e308, r"training\.learning_rate: got 1e\+308, but it should be less than or equal to"),
    ("training.weight_decay", 1e308, r"training\.weight_decay: got 1e\+308, but it should be less than or equal to"),
    ("training.warmup_learning_rate", 1e7, r"warmup_learning_rate: got 10000000\.0, but it should be less than or equ"),
    ("networks.vgg8.normalization", {"mean": [1e308], "std": [1]}, r"normalization\.mean\[0\]: got 1e\+308, but it sh"),
    ("networks.vgg8.normalization", {"mean": [0], "std": [5e-324]}, r"normalization\.std\[0\]: got 5e-324, but it sho"),
    ("training.learning_rat", 0.1, r"training\.learning_rat: is an unknown key; did you mean learning_rate\?"),
    ("lesions.single.networks", ["x"], r"lesions\.single\.networks\[0\]: got 'x', .*there are resnet26, vgg8"),
    ("lesions.random.counts", [1, 13, 14], r"lesions\.random\.counts: got \[13, 14\], but 'resnet26' has 12 blocks"),
    ("lesions.random.draws", 10**9, r"lesions\.random\.draws: makes 500000000 jobs .*raise jobs\.draws"),
    ("lesions.reorder.networks", ["vgg8"], r"lesions\.reorder\.networks\[0\]: got 'vgg8', .*needs skip connections"),
    ("lesions.reorder.swaps", [1, "mix"], r"swaps\[1\]: got 'mix', but .*, or it should be 'shuffle' or 'reversal'"),
    ("networks.resnet26.depth", 8, r"reorder\.networks\[0\]: got 'resnet26', but no two of its 3 blocks can change pl"),
    ("lesions.skip.networks", ["vgg8"], r"lesions\.skip\.networks\[0\]: got 'vgg8', .*needs skip connections"),
    ("lesions.run.lengths", [2, 13], r"lesions\.run\.lengths: got \[13\], but 'resnet26' has 12 blocks"),
    ("lesions.recalibrated.images", 0, r"lesions\.recalibrated\.images: got 0, but it should be greater than or equal"),
    ("lesions.pair.networks", ["resnet26-effective-paths"], r"lesions\.pair\.networks\[0\]: .*against lesions\.single"),
    ("paths.gradients.networks", ["vgg8"], r"paths\.gradients\.networks\[0\]: got 'vgg8', .*needs skip connections"),
    ("paths.gradients.samples", 3, r"paths\.gradients: samples 3 must be a multiple of samples_per_batch 2"),
    ("paths.spectrum.networks", ["vgg8"], r"paths\.spectrum\.networks\[0\]: got 'vgg8', .*needs skip connections"),
    ("paths.spectrum.batch_size", 8, r"paths\.spectrum\.batch_size: got 8, allowed is 16, as in paths\.gradients"),
    ("paths.spectrum.batches", 10**6, r"paths\.spectrum\.batches: makes 500000 jobs .*raise jobs\.spectra"),
    ("paths.energy", {}, r"paths\.energy: is an unknown key"),
    ("mean_field.theory_depth", 10, r"mean_field: theory_depth 10 must be at least depth 20"),
    ("mean_field.systems", ["plain", "deep"], r"systems\[1\]: got 'deep', but it should be 'plain', 'residual' or"),
    ("mean_field", {"sigma_w": 0.9, "sigma_b": 0}, r"mean_field: sigma_w 0\.9 must be at least 1 where sigma_b is 0"),
    ("mean_field.draws", 10**6, r"mean_field\.draws: makes 500000 jobs .*raise jobs\.simulations"),
    ("dataset.kind", "mnist", r"dataset\.kind: got 'mnist', allowed are 'digits', 'cifar10'"),
    ("dataset.root", "data", r"dataset\.root: is an unknown key"),
    ("claims.random_error", [0.3, 0.1], r"random_error: got \[0\.3, 0\.1\], but the lower end must stand first"),
    ("figures", {"styles": {"figure_99": {"width": 300}}}, r"figures\.styles\.figure_99: is no figure; there are"),
    ("jobs.memory_gib", 1e308, r"jobs\.memory_gib: got 1e\+308, but it should be less than or equal to 1000000"),
    ("figures", {"font": "\0, sans-serif"}, r"figures\.font: got '\\x00, sans-serif', but it should match pattern"),
    ("figures", {"font": "\ufffe, sans-serif"}, r"figures\.font: got '\\ufffe, sans-serif', but it should match pa"),
    ("figures", {"font": "<b>, sans-serif"}, r"figures\.font: got '<b>, sans-serif', but it should match pattern"),
    ("figures", {"font": "A&B, sans-serif"}, r"figures\.font: got 'A&B, sans-serif', but it should match pattern"),
    ("figures", {"font": "Arial"}, r"figures\.font: got 'Arial', but the list must end in one of sans-serif"),
]  # fmt: skip


@pytest.mark.parametrize(("place", "value", "sentence"), SENTENCES, ids=[row[0] for row in SENTENCES])
def test_a_refusal_says_the_key_what_it_got_and_what_is_allowed(place: str, value: Any, sentence: str) -> None:
    said = refusal(put(read_yaml(ROOT / "config/tiny.yaml"), tuple(place.split(".")), value))
    assert said is not None
    assert re.search(sentence, said), said


def test_a_password_in_an_address_is_not_written_down() -> None:
    content = read_yaml(ROOT / "config/tiny.yaml")
    content["dataset"] = {"kind": "cifar10", "archive": "https://me:s3cret@example.org/cifar-10-python.tar.gz"}
    content["networks"]["vgg8"]["weights"] = {"url": "https://me:s3cret@example.org/vgg.th", "sha256": "0123abcd"}
    study = parse_study(content)
    assert study.dataset.archive == content["dataset"]["archive"]  # type: ignore[union-attr]
    written = study.model_dump_json()
    assert "s3cret" not in written and written.count("https://***@example.org/") == 2
    assert "s3cret" not in str([job.identity for job in plan_study(study).jobs])


def test_a_refused_address_is_shown_without_its_password() -> None:
    said = refusal(put(whole(), ("networks", "vgg8", "weights"), "https://me:s3cret@example.org/x.th"))
    assert said is not None
    assert "s3cret" not in said and "https://***@example.org/x.th" in said


def test_the_epoch_before_training_is_not_known_of_a_loaded_network(tmp_path: Path) -> None:
    (tmp_path / "weights.th").write_bytes(b"weights")
    content = read_yaml(ROOT / "config/tiny.yaml")
    content["networks"]["resnet26"] |= {"weights": str(tmp_path / "weights.th"), "training": {}}
    said = refusal(content)
    assert said is not None
    assert "paths.gradients.epochs: got 'first', but 'resnet26' is loaded" in said
    content["paths"]["spectrum"]["epochs"] = [1, "last"]
    assert "paths.spectrum.epochs: got 1, but 'resnet26' is loaded, so its weights on" in str(refusal(content))
    content["networks"]["resnet26"]["seeds"] = [0, 1]
    assert "one seed" in str(refusal(content))


def test_a_recipe_for_all_that_one_network_cannot_follow_is_named_where_it_stands() -> None:
    content = read_yaml(ROOT / "config/tiny.yaml")
    del content["networks"]["resnet26-effective-paths"]
    content["training"]["stochastic_depth"] = 0.5
    assert "training.stochastic_depth: got 0.5, but 'vgg8' is a vgg network" in str(refusal(content))


def test_everything_that_is_wrong_is_said_at_once() -> None:
    content = read_yaml(ROOT / "config/tiny.yaml")
    content["networks"]["resnet26"]["depth"] = 19
    content["epochs"] = 3
    assert len(str(refusal(content)).splitlines()) == 2


# Through Snakemake

THROUGH_SNAKEMAKE: dict[str, tuple[str, Any]] = {
    "depth": ("networks.resnet26.depth", 19),
    "unknown network": ("lesions.single.networks", ["nope"]),
    "missing weights": ("networks.vgg8.weights", "no/such.th"),
    "study": ("study", "../../etc"),
}
FILES: dict[str, bytes] = {
    "tab": b"study: x\n\tdataset: 1\n",
    "twice": b"study: x\nstudy: y\n",
    "binary": bytes(range(256)),
    "empty": b"",
    "list": b"- a\n",
    "deep": b"study: " + b"[" * 3000 + b"]" * 3000,
}
QUICK = ["depth", "missing weights", "twice", "binary", "tab", "empty"]
LONG = ["unknown network", "study", "list", "deep", "folder", "missing", *sorted({row[0] for row in SENTENCES[::4]})]


def spoilt_file(folder: Path, case: str) -> Path:
    path = folder / "study.yaml"
    if case in FILES:
        path.write_bytes(FILES[case])
    elif case == "folder":
        path.mkdir()
    elif case != "missing":
        place, value = THROUGH_SNAKEMAKE.get(case) or next((row[0], row[1]) for row in SENTENCES if row[0] == case)
        content = put(read_yaml(ROOT / "config/tiny.yaml"), tuple(place.split(".")), value)
        path.write_text(yaml.safe_dump(content))
    return path


@pytest.mark.workflow
@pytest.mark.parametrize("case", [*QUICK, *(pytest.param(case, marks=pytest.mark.long) for case in LONG)])
def test_snakemake_says_it_in_a_sentence_and_starts_no_job(case: str, tmp_path: Path) -> None:
    path = spoilt_file(tmp_path, case)
    made = tmp_path / "results"
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "NO_COLOR": "1"}
    command = ["snakemake", "--cores", "1", "--configfile", str(path), "report"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    said = done.stdout + done.stderr
    assert done.returncode != 0, said
    assert "Traceback" not in said, said
    assert "study.yaml" in said or "Config file" in said, said
    assert "Job stats" not in said
    assert not made.exists()
