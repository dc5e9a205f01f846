"""Reads a gallery from a file: our Tool messages as JSON, an OpenAPI document, or Seal-Tools' tool.jsonl."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from toolmesh_core.errors import InvalidInput
from toolmesh_dialogues.gallery.from_schema import tool_from_schemas
from toolmesh_dialogues.gallery.gallery_tool import GalleryTool
from toolmesh_dialogues.gallery.openapi_tools import openapi_tools
from toolmesh_dialogues.gallery.seal_tools import seal_tool


def read_gallery(path: Path) -> list[GalleryTool]:
    """The tools of a file, each name once. Raises InvalidInput naming the file, and the line where there is one."""
    text = path.read_bytes()
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        document = [_line(line, f"{path}:{n}") for n, line in enumerate(text.splitlines(), 1) if line.strip()]
    if isinstance(document, Mapping) and "paths" in document:
        found = list(openapi_tools(document))
    else:
        listed = document.get("tools", [document]) if isinstance(document, Mapping) else document
        found = [_tool(record, f"{path}: tool {number}") for number, record in enumerate(listed, 1)]
    if not found:
        raise InvalidInput(f"{path}: holds no tools")
    return list({tool.name: tool for tool in found}.values())


def _line(line: bytes, where: str) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise InvalidInput(f"{where}: not JSON: {error}") from error


def _tool(record: Any, where: str) -> GalleryTool:
    if not isinstance(record, Mapping):
        raise InvalidInput(f"{where}: must be a JSON object, got {record!r}")
    if "api_name" in record:
        return seal_tool(record, where)
    if not record.get("name"):
        raise InvalidInput(f'{where}: has neither "name" nor "api_name"; see the README for the formats')
    arguments = _schema(record, "arguments_schema", "argumentsSchema", where)
    output = _schema(record, "output_schema", "outputSchema", where)
    return tool_from_schemas(str(record["name"]), str(record.get("description", "")), arguments, output)


def _schema(record: Mapping[str, Any], snake: str, camel: str, where: str) -> dict[str, Any]:
    """A schema given as an object, or as JSON text under the message's field name."""
    for name in (snake, camel):
        if isinstance(record.get(name), dict):
            return dict(record[name])
    for name in (f"{snake}_json", f"{camel}Json"):
        if record.get(name):
            parsed = _line(str(record[name]).encode(), f"{where}: {name}")
            if isinstance(parsed, dict):
                return parsed
            raise InvalidInput(f"{where}: {name} must hold a JSON object, got {parsed!r}")
    return {"type": "object", "properties": {}}
