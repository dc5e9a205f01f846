"""The sources of a tool as they fit into a ConfigMap, or why they do not."""

import hashlib
import json
import re
from pathlib import Path

from toolmesh_core.errors import InvalidInput

# A ConfigMap holds 1 MiB with all that is around the sources.
_MOST_BYTES = 900 * 1024
_LEFT_OUT = re.compile(r"(test_.*|.*_test|conftest)\.py|Dockerfile|README(\..*)?|requirements\.txt|\..*|__pycache__")
_GIVEN = {"toolmesh-toolkit"}
_BUILD = "build an image with its Dockerfile and give it by --image"


def read_sources(path: Path) -> dict[str, str]:
    """Text by file name: the file, or the files at the top of the folder without tests, README and Dockerfile.

    Raises:
        InvalidInput: it needs packages or folders, has no Python file, or is too large; then it needs an image.
    """
    if path.is_dir():
        _check_requirements(path / "requirements.txt")
        files = [file for file in sorted(path.iterdir()) if not _LEFT_OUT.fullmatch(file.name)]
    else:
        files = [path]
    folders = [file.name for file in files if file.is_dir()]
    if folders:
        raise InvalidInput(f"{path}: folder {folders[0]!r} does not fit into a ConfigMap; {_BUILD}", field="path")
    if not any(file.suffix == ".py" for file in files):
        raise InvalidInput(f"{path}: no Python file at its top; give a .py file or a folder with one", field="path")
    sources = {file.name: _text(file) for file in files}
    size = sum(len(text.encode()) for text in sources.values())
    if size > _MOST_BYTES:
        raise InvalidInput(f"{path}: {size} bytes of sources are over {_MOST_BYTES}; {_BUILD}", field="path")
    return sources


def version_of(sources: dict[str, str]) -> str:
    """Ten hexadecimal digits that are others when a source is another."""
    return hashlib.sha256(json.dumps(sources, sort_keys=True).encode()).hexdigest()[:10]


def _check_requirements(file: Path) -> None:
    if not file.is_file():
        return
    lines = [line.split("#")[0].strip() for line in _text(file).splitlines()]
    names = [re.split(r"[\[<>=!~; @]", line)[0].lower().replace("_", "-") for line in lines if line]
    more = [name for name in names if name not in _GIVEN]
    if more:
        raise InvalidInput(f"{file}: it needs {more[0]!r}, which the stock image has not; {_BUILD}", field="path")


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{file}: it is not UTF-8 text; {_BUILD}", field="path") from error
    except OSError as error:
        raise InvalidInput(f"{file}: {error.strerror}", field="path") from error
