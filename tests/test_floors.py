"""Two wings over one ground floor: what measures and what reads never import each other."""

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from resdag.planning.experiment import Rule
from resdag.planning.registry import rules
from resdag.provenance import code_parts

SOURCE = Path(__file__).resolve().parents[1] / "src" / "resdag"
MODULES = {".".join(("resdag", *path.relative_to(SOURCE).with_suffix("").parts)): path for path in SOURCE.rglob("*.py")}
F_WING, F_LIBRARIES = ("models", "datasets", "training", "lesions", "paths", "meanfield"), {"torch", "torchvision"}
G_WING, G_LIBRARIES = ("store", "queries", "claims", "figures", "report"), {"duckdb", "polars", "altair"}
GROUND = ("errors", "paper", "config", "records", "provenance", "combinatorics", "planning", "atomic", "layout",
          "execution", "cli")  # fmt: skip
# The plan and its command line look at datasets from outside: names, sizes, published sums.
WITHOUT_TORCH = {f"resdag.datasets.{name}" for name in ("available", "listing", "published")} | {"resdag.datasets"}


@cache
def libraries(path: Path) -> set[str]:
    """First names of everything that a module imports anywhere."""
    return names_of(ast.walk(ast.parse(path.read_bytes())))


def names_of(nodes: Iterable[ast.AST]) -> set[str]:
    """First names of what these statements import."""
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def floor(*packages: str) -> list[str]:
    return sorted(name for name in MODULES if name.split(".")[1] in packages)


def reached(module: str) -> tuple[set[str], set[str]]:
    """Packages of resdag and libraries that a module imports, directly or through others."""
    parts = [name for name in code_parts(module) if name != "resdag"]
    used = set().union(*(libraries(MODULES.get(name, MODULES.get(f"{name}.__init__"))) for name in parts))
    return {name.split(".")[1] for name in parts if name not in WITHOUT_TORCH}, used


@pytest.mark.parametrize("module", floor(*F_WING))
def test_what_measures_imports_nothing_that_reads(module: str) -> None:
    packages, used = reached(module.removesuffix(".__init__"))
    assert not packages & {*G_WING, "config", "records"}
    assert not used & (G_LIBRARIES | {"pydantic", "snakemake"})


@pytest.mark.parametrize("module", floor(*G_WING))
def test_what_reads_imports_nothing_that_measures(module: str) -> None:
    packages, used = reached(module.removesuffix(".__init__"))
    assert not packages & set(F_WING)
    assert not used & (F_LIBRARIES | {"snakemake"})


@pytest.mark.parametrize("name", GROUND[:-2])
def test_the_ground_floor_imports_neither_wing(name: str) -> None:
    for module in floor(name):
        packages, used = reached(module.removesuffix(".__init__"))
        assert not packages & {*F_WING, *G_WING}, module
        assert not used & (F_LIBRARIES | G_LIBRARIES | {"scipy"}), module


@pytest.mark.parametrize("module", floor("execution"))
def test_what_runs_jobs_knows_neither_wing_and_imports_torch_in_functions_alone(module: str) -> None:
    packages, _ = reached(module.removesuffix(".__init__"))
    assert not packages & {*F_WING, *G_WING}
    body = ast.parse(MODULES[module].read_bytes()).body
    assert not names_of(body) & (F_LIBRARIES | G_LIBRARIES | {"scipy"})


@pytest.mark.parametrize("rule", rules().values(), ids=lambda rule: rule.name)
def test_each_job_belongs_to_the_wing_of_its_rule(rule: Rule) -> None:
    packages, used = reached(rule.job_module)
    measures, reads = packages & set(F_WING) or used & F_LIBRARIES, packages & set(G_WING) or used & G_LIBRARIES
    assert not (measures and reads)
    assert not (reads if rule.wing == "measuring" else measures)
    assert measures or not rule.device


def test_every_job_is_declared_and_every_rule_has_its_job() -> None:
    jobs = {name for name in MODULES if "def run(context" in MODULES[name].read_text(encoding="utf-8")}
    assert {rule.job_module for rule in rules().values()} == jobs


def test_no_modules_import_each_other_in_a_circle_not_even_for_their_types() -> None:
    imports = {name.removesuffix(".__init__"): set(named(path)) for name, path in MODULES.items()}
    order = list(TopologicalSorter({name: found & imports.keys() for name, found in imports.items()}).static_order())
    assert order.index("resdag.config.study") < order.index("resdag.planning.registry") < order.index("resdag.cli")


def named(path: Path) -> Iterator[str]:
    """Modules that a module imports wherever in its text, and what might be one: `from package import name`."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))


def test_every_init_is_empty_but_the_door_which_no_import_of_ours_leads_through() -> None:
    assert [path.parent.name for path in SOURCE.rglob("__init__.py") if path.read_bytes()] == ["resdag"]
    assert code_parts("resdag").keys() == {"resdag"}


def test_nothing_stands_on_what_is_offered_to_who_imports_resdag_which_measures_and_reads() -> None:
    below = {name: path for name, path in MODULES.items() if not name.startswith("resdag.api.")}
    assert [name for name, path in below.items() if any(each.startswith("resdag.api") for each in named(path))] == []


def test_what_draws_for_who_imports_resdag_imports_nothing_that_measures() -> None:
    assert "torch" not in reached("resdag.api.charts")[1]
    assert not reached("resdag.api.names")[1] - {"importlib", "typing"}


def test_every_folder_with_modules_is_a_package() -> None:
    assert all((path.parent / "__init__.py").is_file() for path in MODULES.values())
