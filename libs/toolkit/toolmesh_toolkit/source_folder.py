"""Finds every @tool in a Python file or in the .py files at the top of a folder, as `python FILE` would import them."""

import importlib
import importlib.machinery
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

from toolmesh_core.errors import InvalidInput
from toolmesh_toolkit.tool_function import ToolFunction

_FOUND = dict[int, tuple[ToolFunction[..., Any], str]]


def load_tools(path: Path) -> list[ToolFunction[..., Any]]:
    """The tools of a file or folder, by name; tests (`test_*.py`, `*_test.py`, `conftest.py`) are left out.

    The files are imported by their plain names, so they may import each other and folders beside them. A tool counts
    where its function is written inside the folder; one imported from an installed package does not.

    Raises:
        InvalidInput: there is no tool, a file cannot be imported, or a name comes twice; says the file and the line.
    """
    root, files = _files_of(path)
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    importlib.invalidate_caches()
    _forget_others(root, files)
    found: _FOUND = {}
    for file in files:
        found |= _tools_of(_imported(file, root), root)
    if not found:
        names = ", ".join(file.name for file in files)
        raise InvalidInput(
            f"no @tool in {names}; write `from toolmesh_toolkit import tool` and put @tool above a typed function",
            field="files",
            reason="NO_TOOL",
        )
    return _each_name_once(found)


def _files_of(path: Path) -> tuple[Path, list[Path]]:
    """The folder that imports start from, and the files to look into."""
    path = path.absolute()
    if path.is_file():
        if path.suffix != ".py":
            raise InvalidInput(f"{path.name}: not a .py file; give a Python file or a folder", field="files")
        return path.parent, [path]
    if not path.is_dir():
        raise InvalidInput(f"{path}: there is no such file or folder", field="files")
    files = sorted(file for file in path.glob("*.py") if file.is_file() and not _is_left_out(file.stem))
    if not files:
        raise InvalidInput(f"{path.name}: no .py file at the top of the folder; put the tools there", field="files")
    return path, files


def _is_left_out(stem: str) -> bool:
    return stem.startswith("test_") or stem.endswith("_test") or stem in ("conftest", "setup", "__init__", "__main__")


def _forget_others(root: Path, files: list[Path]) -> None:
    """Drops modules of the same names that were imported from another folder, so that this one's are taken."""
    for file in files:
        known = sys.modules.get(file.stem)
        if known is not None and not _is_inside(known, root) and not hides_an_installed_module(file.stem):
            del sys.modules[file.stem]


def _imported(file: Path, root: Path) -> ModuleType:
    if not file.stem.isidentifier() or hides_an_installed_module(file.stem):
        what = "hides an installed module of that name" if file.stem.isidentifier() else "is not a Python name"
        raise InvalidInput(f"{file.name}:1: the file's name {what}; rename it", field="files", reason="BAD_FILE_NAME")
    try:
        return importlib.import_module(file.stem)
    except (Exception, SystemExit) as error:  # whatever the file does at import is its author's
        raise InvalidInput(_message(file, root, error), field="files", reason="IMPORT_FAILED") from error


def hides_an_installed_module(stem: str) -> bool:
    """Whether a module of the standard library or an installed one has this name."""
    if stem in sys.stdlib_module_names or stem.startswith("toolmesh"):
        return True
    installed = [entry for entry in sys.path if entry.endswith(("site-packages", "dist-packages"))]
    return importlib.machinery.PathFinder.find_spec(stem, installed) is not None


def _message(file: Path, root: Path, error: BaseException) -> str:
    """One line: the place in the folder where it broke, what broke, and what to do where that is known."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{_shown(error.filename, root)}:{error.lineno or 1}: {type(error).__name__}: {error.msg}"
    places = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_under(frame.filename, root)]
    place = f"{_shown(places[-1].filename, root)}:{places[-1].lineno}" if places else f"{file.name}:1"
    text = " ".join(str(error).split()) or "no more is known"
    if isinstance(error, ModuleNotFoundError):
        text += "; name its package in requirements.txt"
    return f"{place}: {type(error).__name__}: {text}"


def _tools_of(module: ModuleType, root: Path) -> _FOUND:
    """The tools that the module holds and the folder wrote, by identity, each with its place."""
    found: _FOUND = {}
    for value in vars(module).values():
        if isinstance(value, ToolFunction):
            code = value.function.__code__
            if _is_under(code.co_filename, root):
                found[id(value)] = value, f"{_shown(code.co_filename, root)}:{code.co_firstlineno}"
    return found


def _each_name_once(found: _FOUND) -> list[ToolFunction[..., Any]]:
    places: dict[str, str] = {}
    for tool, place in found.values():
        if tool.name in places:
            raise InvalidInput(
                f"{place}: tool {tool.name!r} is at {places[tool.name]} already; rename one",
                field="files",
                reason="TOOL_TWICE",
            )
        places[tool.name] = place
    return sorted((tool for tool, _ in found.values()), key=lambda tool: tool.name)


def _is_inside(module: ModuleType, root: Path) -> bool:
    return module.__file__ is not None and _is_under(module.__file__, root)


def _is_under(file: str, root: Path) -> bool:
    return Path(file).is_relative_to(root)


def _shown(file: str, root: Path) -> str:
    return str(Path(file).relative_to(root)) if _is_under(file, root) else file
