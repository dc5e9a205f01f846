"""JSON lines of a data folder; what is wrong is named with file and line."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import orjson

from toolmesh_core.errors import InvalidInput, NotFound


def read_json_lines(path: Path) -> list[dict[str, Any]]:
    """Every object of a file. Raises NotFound where the file is missing, InvalidInput where a line is no object."""
    return [_object(line, f"{path}:{number}") for number, line in enumerate(_lines(path), start=1) if line.strip()]


def field(record: Mapping[str, Any], name: str, where: str) -> Any:
    """A field that must be there."""
    if name not in record:
        raise InvalidInput(f'{where}: "{name}" is missing; it has {", ".join(record) or "nothing"}')
    return record[name]


def _lines(path: Path) -> list[bytes]:
    try:
        return path.read_bytes().splitlines()
    except FileNotFoundError as error:
        raise NotFound(f"{path} is not there; give the folder or file that holds it with --data") from error


def _object(line: bytes, where: str) -> dict[str, Any]:
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise InvalidInput(f"{where}: not JSON: {error}") from error
    if not isinstance(record, dict):
        raise InvalidInput(f"{where}: must be a JSON object, got {type(record).__name__}")
    return cast("dict[str, Any]", record)
