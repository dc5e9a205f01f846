"""Tools of Seal-Tools (`tool.jsonl`), their types mapped to JSON Schema."""

from collections.abc import Mapping
from typing import Any

from toolmesh_core.errors import InvalidInput
from toolmesh_dialogues.gallery.from_schema import tool_from_schemas
from toolmesh_dialogues.gallery.gallery_tool import GalleryTool

_TYPES = {
    "str": "string", "string": "string", "int": "integer", "integer": "integer", "float": "number",
    "number": "number", "bool": "boolean", "boolean": "boolean", "list": "array", "dict": "object",
}  # fmt: skip


def seal_tool(record: Mapping[str, Any], where: str) -> GalleryTool:
    """One tool. Raises InvalidInput, with `where` before it, for a type that is not known."""
    name = str(record["api_name"])
    properties = {key: _schema(node, f"{where}: {name}.{key}") for key, node in record.get("parameters", {}).items()}
    returned = {key: _schema(node, f"{where}: {name}.{key}") for key, node in (record.get("responses") or {}).items()}
    arguments = {"type": "object", "properties": properties, "required": list(record.get("required") or [])}
    topic = str(record.get("field", ""))
    return tool_from_schemas(name, str(record["api_description"]), arguments, {"properties": returned}, topic)


def _schema(node: Mapping[str, Any], where: str) -> dict[str, Any]:
    kind = _TYPES.get(str(node.get("type", "str")).lower())
    if kind is None:
        raise InvalidInput(f"{where}: type {node.get('type')!r} is not known; use one of {', '.join(_TYPES)}")
    return {"type": kind, "description": str(node.get("description", ""))}
