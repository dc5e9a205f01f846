"""The shape of the tree: one word for a service everywhere, the same few files in each, none too long."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICES = sorted(path.parent for path in ROOT.glob("services/*/pyproject.toml"))
TOOLS = sorted(path.parent for path in ROOT.glob("services/tools/*/pyproject.toml"))
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
EXPECTED = {
    "gateway",
    "planner",
    "controller",
    "tool_router",
    "tool_operator",
    "tool_host",
    "inference",
    "retriever",
    "memory",
    "arena",
}


def package_of(folder: Path) -> Path:
    prefix = "toolmesh_tool_" if folder.parent.name == "tools" else "toolmesh_"
    return folder / f"{prefix}{folder.name}"


def id_of(folder: Path) -> str:
    return folder.name


def test_all_services_of_the_architecture_are_there() -> None:
    assert {folder.name for folder in SERVICES} == EXPECTED


@pytest.mark.parametrize("folder", [*SERVICES, *TOOLS], ids=id_of)
def test_a_service_has_all_its_parts(folder: Path) -> None:
    package = package_of(folder)
    wanted = [folder / "README.md", folder / "Dockerfile", package / "__main__.py", package / "settings.py"]
    if folder in SERVICES:
        wanted += [package / "bootstrap.py"]
        wanted += [ROOT / "tests" / kind / folder.name for kind in ("unit", "integration")]
        rooms = ("domain", "app", "adapters", "api")
        for room in rooms:
            assert (package / room).is_dir() or (package / f"{room}.py").is_file(), f"{folder.name} has no {room}"
    missing = [str(path.relative_to(ROOT)) for path in wanted if not path.exists()]
    assert not missing


@pytest.mark.parametrize("folder", [*SERVICES, *TOOLS], ids=id_of)
def test_a_service_has_one_word_everywhere(folder: Path) -> None:
    project = tomllib.loads((folder / "pyproject.toml").read_text())
    package = package_of(folder).name
    assert project["project"]["name"] == package.replace("_", "-")
    assert f'"{package}"' in (folder / "Dockerfile").read_text()
    prefix = package.removeprefix("toolmesh_").upper()
    assert f'service_config("{prefix}")' in (package_of(folder) / "settings.py").read_text()


@pytest.mark.parametrize("folder", [*SERVICES, *TOOLS], ids=id_of)
def test_a_dockerfile_copies_what_exists_and_runs_as_nobody_special(folder: Path) -> None:
    lines = (folder / "Dockerfile").read_text().splitlines()
    copied = [line.split()[1] for line in lines if line.startswith("COPY ")]
    assert str(folder.relative_to(ROOT)) in copied
    assert all((ROOT / path).exists() for path in copied)
    assert any(re.match(r"USER [1-9]\d*:[1-9]\d*$", line) for line in lines)


def test_every_dependency_of_ours_is_pinned() -> None:
    pinned = {
        line.split("==")[0].lower().replace("_", "-") for line in (ROOT / "constraints.txt").read_text().splitlines()
    }
    for path in [*ROOT.glob("libs/*/pyproject.toml"), *(folder / "pyproject.toml" for folder in [*SERVICES, *TOOLS])]:
        for dependency in tomllib.loads(path.read_text())["project"].get("dependencies", []):
            name = re.split(r"[\[<>=; ]", dependency)[0].lower().replace("_", "-")
            assert name.startswith("toolmesh-") or name in pinned, f"{path}: {name} is not in constraints.txt"


def tracked(pattern: str) -> list[Path]:
    done = subprocess.run(["git", "ls-files", pattern], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / line for line in done.stdout.split() if "libs/protos" not in line]


def test_no_file_and_no_function_needs_a_table_of_contents() -> None:
    files = tracked("*.py")
    assert [str(path.relative_to(ROOT)) for path in files if path.read_text().count("\n") > 350] == []
    assert [found for path in files for found in long_functions(path)] == []


def long_functions(path: Path) -> list[str]:
    functions = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, FUNCTION)]
    long = [node for node in functions if node.end_lineno - node.lineno >= 60]
    return [f"{path.relative_to(ROOT)}:{node.lineno} {node.name}" for node in long]


def test_every_module_says_what_it_is_for() -> None:
    silent = [str(path.relative_to(ROOT)) for path in tracked("*.py") if path.read_text().strip() and not _says(path)]
    assert not silent


def _says(path: Path) -> bool:
    return ast.get_docstring(ast.parse(path.read_text())) is not None


def test_no_name_that_says_nothing() -> None:
    empty = re.compile(r"/(utils?|helpers?|common|misc|managers?|base)(\.py)?(/|$)")
    assert [str(path) for path in tracked("*.py") if empty.search(str(path))] == []
