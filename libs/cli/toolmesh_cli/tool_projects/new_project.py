"""Makes a folder with a tool that works as made: its test, its requirements, a Dockerfile and a README."""

import keyword
import re
import shutil
from importlib.resources import files
from pathlib import Path

from toolmesh_core.errors import AlreadyExists, InvalidInput
from toolmesh_toolkit.source_folder import hides_an_installed_module

_NAME = re.compile(r"[a-z][a-z0-9_]{1,63}")
_TEMPLATES = {
    "{name}.py": "tool.py.txt",
    "test_{name}.py": "test_tool.py.txt",
    "requirements.txt": "requirements.txt",
    "Dockerfile": "Dockerfile.txt",
    "README.md": "README.md.txt",
}


def new_project(name: str, into: Path) -> list[Path]:
    """The files of a new tool, in the folder `into`/`name`.

    Raises:
        InvalidInput: the name cannot be one of a tool and of a Python module.
        AlreadyExists: the folder is there and not empty.
    """
    check_name(name)
    folder = into / name
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise AlreadyExists(f"{folder} is there already; choose another name, or another folder by --into")
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    try:
        for file_name, template in _TEMPLATES.items():
            made.append(folder / file_name.format(name=name))
            made[-1].write_text(_filled(template, name), encoding="utf-8")
    except OSError:
        # Half a tool would stand in the way of the next try.
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return made


def check_name(name: str) -> None:
    """InvalidInput where a tool's file could not have this name, or the LLM could not say it."""
    if not _NAME.fullmatch(name) or name.endswith("_"):
        why = "must be 2 to 64 of a to z, 0 to 9 and _, and begin with a letter, such as split_bill"
    elif keyword.iskeyword(name) or keyword.issoftkeyword(name):
        why = "is a word of Python"
    elif name.startswith("test_") or name.endswith("_test") or name in ("conftest", "setup"):
        why = "is what a test or a set-up file is called, which is not searched for tools"
    elif hides_an_installed_module(name):
        why = "is the name of a Python module that is installed here, which it would hide"
    else:
        return
    raise InvalidInput(f"the name {name!r} {why}; choose another one", field="name", reason="BAD_NAME")


def _filled(template: str, name: str) -> str:
    text = files("toolmesh_cli.tool_projects").joinpath("template", template).read_text(encoding="utf-8")
    return text.replace("__NAME__", name).replace("__UPPER__", name.upper())
