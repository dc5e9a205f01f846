"""Tools out of an OpenAPI 3.x document: one for each operation."""

from collections.abc import Iterator, Mapping
from typing import Any

from toolmesh_core.errors import InvalidInput
from toolmesh_dialogues.gallery.from_schema import tool_from_schemas
from toolmesh_dialogues.gallery.gallery_tool import GalleryTool
from toolmesh_dialogues.values.names import name_words, snake_case

_VERBS = ("get", "post", "put", "patch", "delete")
# References may run in circles; deeper than this a part is left open.
_MOST_DEPTH = 6


def openapi_tools(document: Mapping[str, Any]) -> Iterator[GalleryTool]:
    """The operations as tools. A reference that points nowhere raises InvalidInput."""
    for path, item in document.get("paths", {}).items():
        for verb in _VERBS:
            if verb in item:
                yield _tool(document, path, verb, item)


def _tool(document: Mapping[str, Any], path: str, verb: str, item: Mapping[str, Any]) -> GalleryTool:
    operation = item[verb]
    properties: dict[str, Any] = {}
    required: list[str] = []
    for listed in [*item.get("parameters", ()), *operation.get("parameters", ())]:
        parameter = _resolved(document, listed)
        if parameter.get("in") in ("query", "path"):
            schema = _plain(_resolved(document, parameter.get("schema", {"type": "string"})))
            properties[parameter["name"]] = schema | {"description": str(parameter.get("description", ""))}
            required += [parameter["name"]] if parameter.get("required") else []
    body = _content(document, operation.get("requestBody", {}))
    properties |= {name: _plain(node) for name, node in body.get("properties", {}).items()}
    required += body.get("required", [])
    name = operation.get("operationId") or snake_case(name_words(f"{verb} {path}"))
    about = str(operation.get("summary") or operation.get("description") or name)
    arguments = {"type": "object", "properties": properties, "required": sorted(set(required))}
    answers = operation.get("responses", {})
    success: Mapping[str, Any] = next((answers[code] for code in answers if str(code)[0] == "2"), {})
    topic = str(next(iter(operation.get("tags", ())), ""))
    return tool_from_schemas(name, about, arguments, _content(document, success), topic)


def _plain(node: Any) -> dict[str, Any]:
    """A schema with the keywords that values are drawn by; documents found in the wild misuse the others."""
    if not isinstance(node, Mapping):
        return {"type": "string"}
    kept = {key: node[key] for key in ("type", "enum", "format", "description") if key in node}
    kept |= {"required": node["required"]} if isinstance(node.get("required"), list) else {}
    kept |= {key: node[key] for key in ("minimum", "maximum") if isinstance(node.get(key), int | float)}
    if "items" in node:
        kept["items"] = _plain(node["items"])
    if isinstance(node.get("properties"), Mapping):
        kept["properties"] = {name: _plain(inner) for name, inner in node["properties"].items()}
    return kept


def _content(document: Mapping[str, Any], body: Mapping[str, Any]) -> Mapping[str, Any]:
    schema = _resolved(document, body).get("content", {}).get("application/json", {}).get("schema", {})
    resolved: Mapping[str, Any] = _resolved(document, schema)
    return resolved


def _resolved(document: Mapping[str, Any], node: Any, depth: int = 0) -> Any:
    """The node with its local references replaced by what they point to."""
    if depth > _MOST_DEPTH:
        return {}
    if isinstance(node, list):
        return [_resolved(document, one, depth) for one in node]
    if not isinstance(node, Mapping):
        return node
    if isinstance(node.get("$ref"), str):
        return _resolved(document, _target(document, node["$ref"]), depth + 1)
    return {key: _resolved(document, value, depth) for key, value in node.items()}


def _target(document: Mapping[str, Any], reference: str) -> Any:
    target: Any = document
    for step in reference.removeprefix("#/").split("/"):
        key = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(target, Mapping) or key not in target:
            raise InvalidInput(f"the reference {reference!r} points nowhere in the document")
        target = target[key]
    return target
