"""A tool's JSON Schema made easy to walk: references resolved, parameters in the order they are written."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Node = Mapping[str, Any]

MAX_DEPTH = 6
_ANY: Node = {}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One top-level argument: its name, its resolved schema, and whether it must be written."""

    name: str
    node: Node
    required: bool

    @property
    def description(self) -> str:
        return str(self.node.get("description", ""))

    @property
    def kind(self) -> str:
        return kind_of(self.node)


def parameters_of(schema: Node) -> tuple[Parameter, ...]:
    """The arguments in schema order, required ones first."""
    resolved = resolve(schema, schema)
    properties = resolved.get("properties", {})
    required = [name for name in resolved.get("required", ()) if name in properties]
    names = [name for name in properties if name in required] + [name for name in properties if name not in required]
    return tuple(Parameter(name, resolve(properties[name], schema), name in required) for name in names)


def resolve(node: Any, root: Node, depth: int = 0) -> Node:
    """`node` with local `$ref` followed, `allOf` merged, and its sub-schemas resolved the same way.

    Deeper than MAX_DEPTH (a schema that contains itself) anything is allowed, so that grammars stay finite.
    """
    if not isinstance(node, Mapping) or depth > MAX_DEPTH:
        return _ANY
    merged = dict(node)
    if "$ref" in merged:
        target = resolve(_pointer(root, str(merged.pop("$ref"))), root, depth + 1)
        merged = {**target, **merged}
    for part in merged.pop("allOf", ()):
        merged = _merge(merged, resolve(part, root, depth + 1))
    if "properties" in merged:
        merged["properties"] = {
            name: resolve(child, root, depth + 1) for name, child in dict(merged["properties"]).items()
        }
    for key in ("items", "additionalProperties"):
        if isinstance(merged.get(key), Mapping):
            merged[key] = resolve(merged[key], root, depth + 1)
    for key in ("anyOf", "oneOf", "prefixItems"):
        if key in merged:
            merged[key] = [resolve(child, root, depth + 1) for child in merged[key]]
    return merged


def kind_of(node: Node) -> str:
    """string, integer, number, boolean, null, array, object, enum, choice (several shapes) or any."""
    if "const" in node or "enum" in node:
        return "enum"
    # Beside properties, anyOf and oneOf say which of them go together.
    if ("anyOf" in node or "oneOf" in node) and "properties" not in node:
        return "choice"
    declared = node.get("type")
    if isinstance(declared, str):
        return declared
    if isinstance(declared, list):
        rest = [str(kind) for kind in declared if kind != "null"]
        # "integer or text" is a number that is too large for some readers, as protobuf writes one.
        numeric = len(rest) == 2 and rest[0] in ("integer", "number") and rest[1] == "string"
        return rest[0] if len(rest) == 1 or numeric else "choice"
    if "properties" in node:
        return "object"
    if "items" in node or "prefixItems" in node:
        return "array"
    return "any"


def alternatives(node: Node) -> list[Node]:
    """The shapes of a "choice" node."""
    for key in ("anyOf", "oneOf"):
        if key in node:
            shared = {name: value for name, value in node.items() if name not in ("anyOf", "oneOf", "description")}
            return [_merge(shared, child) for child in node[key]]
    return [{**node, "type": kind} for kind in node.get("type", ())]


def simple_node(node: Node) -> Node:
    """The one shape of an optional-like node (anyOf X or null), else the node itself."""
    if kind_of(node) != "choice":
        return node
    shapes = [shape for shape in alternatives(node) if kind_of(shape) != "null"]
    return {**shapes[0], "description": node.get("description", "")} if len(shapes) == 1 else node


def choices_of(node: Node) -> list[Any]:
    """The allowed values of an "enum" node."""
    return [node["const"]] if "const" in node else list(node["enum"])


def _merge(first: Node, second: Node) -> dict[str, Any]:
    merged = {**first, **second}
    if "properties" in first and "properties" in second:
        merged["properties"] = {**first["properties"], **second["properties"]}
    if "required" in first and "required" in second:
        merged["required"] = [*first["required"], *second["required"]]
    return merged


def _pointer(root: Node, reference: str) -> Any:
    if not reference.startswith("#"):
        return _ANY
    found: Any = root
    for part in reference.lstrip("#").split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(found, Mapping) or key not in found:
            return _ANY
        found = found[key]
    return found
