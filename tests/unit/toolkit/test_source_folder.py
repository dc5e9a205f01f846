"""The rules of finding tools in files and folders."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from toolmesh_core.errors import InvalidInput
from toolmesh_toolkit.source_folder import load_tools

TOOL = """
from toolmesh_toolkit import tool


@tool(read_only=True)
def {name}(text: str) -> str:
    "Say it again."
    return text
"""


@pytest.fixture(autouse=True)
def _imports_undone() -> Iterator[None]:
    modules, path = dict(sys.modules), list(sys.path)
    yield
    sys.modules.clear()
    sys.modules.update(modules)
    sys.path[:] = path


def write(folder: Path, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    for stem, text in files.items():
        (folder / f"{stem}.py").write_text(text)
    return folder


def names(path: Path) -> list[str]:
    return [tool.name for tool in load_tools(path)]


def test_a_file_gives_its_tools(tmp_path: Path) -> None:
    write(tmp_path, one=TOOL.format(name="echo"))
    assert names(tmp_path / "one.py") == ["echo"]


def test_a_folder_gives_the_tools_of_all_its_files_by_name_and_none_of_its_tests(tmp_path: Path) -> None:
    write(tmp_path, b_tools=TOOL.format(name="b"), a_tools=TOOL.format(name="a"), test_x=TOOL.format(name="not_me"))
    assert names(tmp_path) == ["a", "b"]


def test_files_may_import_each_other_and_a_tool_counts_once(tmp_path: Path) -> None:
    write(tmp_path, words=TOOL.format(name="echo"), more_words="from words import echo\n")
    assert names(tmp_path) == ["echo"]


def test_a_tool_of_an_installed_package_is_not_taken(tmp_path: Path) -> None:
    write(
        tmp_path,
        mine=TOOL.format(name="echo") + "from toolmesh_tool_calculation.tools import TOOLS\nfirst = TOOLS[0]\n",
    )
    assert names(tmp_path) == ["echo"]


def test_two_folders_with_files_of_one_name_are_kept_apart(tmp_path: Path) -> None:
    write(tmp_path / "x", my_tools=TOOL.format(name="x"))
    write(tmp_path / "y", my_tools=TOOL.format(name="y"))
    assert names(tmp_path / "x") == ["x"]
    assert names(tmp_path / "y") == ["y"]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"bad": "x = 1\ndef f(:\n"}, r"bad\.py:2: SyntaxError: invalid syntax"),
        ({"bad": "\nimport no_such_module_here\n"}, r"bad\.py:2: ModuleNotFoundError: .*requirements\.txt"),
        ({"bad": "\n\n1 / 0\n"}, r"bad\.py:3: ZeroDivisionError"),
        ({"bad": "raise SystemExit(3)\n"}, r"bad\.py:1: SystemExit: 3"),
        ({"bad": "x = 1\n"}, r"no @tool in bad\.py"),
        ({"json": TOOL.format(name="a")}, r"json\.py:1: .*rename"),
        ({"pytest": TOOL.format(name="a")}, r"pytest\.py:1: .*rename"),
        ({"a-b": TOOL.format(name="a")}, r"a-b\.py:1: .*not a Python name"),
        ({"p": TOOL.format(name="a"), "q": TOOL.format(name="a")}, r"q\.py:5: tool 'a' is at p\.py:5"),
        ({"bad": "from toolmesh_toolkit import tool\n@tool\ndef f(x):\n    'Doc.'\n"}, r"bad\.py:2: TypeError: .*'x'"),
        ({}, r"no \.py file"),
    ],
)
def test_what_is_wrong_is_told_with_file_and_line(tmp_path: Path, files: dict[str, str], message: str) -> None:
    write(tmp_path, **files)
    with pytest.raises(InvalidInput, match=message):
        load_tools(tmp_path)


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="nowhere"):
        load_tools(tmp_path / "nowhere")
