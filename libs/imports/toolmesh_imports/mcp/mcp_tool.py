"""Makes tools of what a server lists. Its words are data: bounded, marked as its own, never a reason to trust it."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.duration_pb2 import Duration

from toolmesh.tool.v1 import tool_pb2
from toolmesh_core.errors import InvalidInput
from toolmesh_core.json_schema import JsonSchema
from toolmesh_imports.mcp.options import McpOptions, fits
from toolmesh_imports.mcp.schema_bounds import bounded_schema, compact
from toolmesh_imports.mcp.tool_names import tool_names
from toolmesh_imports.openapi.texts import MAX_DESCRIPTION_CHARS, one_line

_MAX_NAME_CHARS = 256
_VERSION_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Hints:
    """What a server says of a tool (ToolAnnotations); None where it says nothing. To show, not to trust."""

    read_only: bool | None = None
    destructive: bool | None = None
    idempotent: bool | None = None
    open_world: bool | None = None


@dataclass(frozen=True, slots=True)
class McpTool:
    """A server's tool as one of ours.

    Attributes:
        definition: the tool as the contract has it; its version changes with whatever the server says of it.
        original: the server's name for it.
        output: None where the server declares no output, or none that can be used.
    """

    definition: tool_pb2.Tool
    original: str
    arguments: JsonSchema
    output: JsonSchema | None
    hints: Hints

    @property
    def name(self) -> str:
        """Our name for it."""
        return str(self.definition.name)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What is no tool, or only a part of one, and why."""

    name: str
    why: str


def read_tools(server: str, entries: Iterable[Any], options: McpOptions) -> tuple[list[McpTool], list[LeftOut]]:
    """The tools of a listing's entries as they came over the wire, and what was left out."""
    left_out: list[LeftOut] = []
    chosen: dict[str, Mapping[str, Any]] = {}
    for entry in entries:
        name = entry.get("name") if isinstance(entry, Mapping) else None
        if not isinstance(name, str) or not name.strip() or len(name) > _MAX_NAME_CHARS:
            left_out.append(LeftOut(_shown(name), f"its name is not a text of 1 to {_MAX_NAME_CHARS} characters"))
        elif name in chosen:
            left_out.append(LeftOut(_shown(name), "it is listed twice; the first one counts"))
        elif options.takes(name):
            chosen[name] = entry
    tools: list[McpTool] = []
    prefix = f"{server}_" if options.name_prefix is None else options.name_prefix
    for ours, (original, entry) in zip(tool_names(prefix, list(chosen)), chosen.items(), strict=True):
        try:
            tools.append(_tool(server, ours, original, entry, options, left_out))
        except InvalidInput as error:
            left_out.append(LeftOut(_shown(original), f"its input schema is {error.message}"))
    return tools, left_out


def _tool(
    server: str, name: str, original: str, entry: Mapping[str, Any], options: McpOptions, left_out: list[LeftOut]
) -> McpTool:
    schema, arguments = _input_schema(entry.get("inputSchema"), options)
    output_schema, output = _output_schema(original, entry.get("outputSchema"), options, left_out)
    hints = _hints(entry.get("annotations"))
    # A hint may tighten what the options say, and never the other way.
    read_only = fits(original, options.read_only) and hints.read_only is not False and not hints.destructive
    definition = tool_pb2.Tool(
        name=name,
        description=_description(server, original, entry),
        arguments_schema_json=compact(schema),
        output_schema_json=compact(output_schema) if output_schema is not None else "",
        read_only=read_only,
        idempotent=fits(original, options.idempotent) and hints.idempotent is not False,
        needs_approval=bool(hints.destructive) or (options.writes_need_approval and not read_only),
        timeout=Duration(),
        tags=["mcp", server],
    )
    definition.timeout.FromNanoseconds(int(options.timeout_s * 1e9))
    content = definition.SerializeToString(deterministic=True)
    definition.version = hashlib.sha256(content).hexdigest()[:_VERSION_DIGITS]
    return McpTool(definition, original, arguments, output, hints)


def _input_schema(declared: Any, options: McpOptions) -> tuple[dict[str, Any], JsonSchema]:
    if not isinstance(declared, Mapping) or declared.get("type") != "object":
        raise InvalidInput('not a JSON Schema of "type": "object"', reason="BAD_SCHEMA")
    return bounded_schema(declared, options.limits.schema_chars, recursion=True)


def _output_schema(
    original: str, declared: Any, options: McpOptions, left_out: list[LeftOut]
) -> tuple[dict[str, Any] | None, JsonSchema | None]:
    """A bad one costs only itself: the tool's output is then taken as it comes."""
    if declared is None:
        return None, None
    try:
        if not isinstance(declared, Mapping):
            raise InvalidInput("not a JSON Schema", reason="BAD_SCHEMA")
        return bounded_schema(declared, options.limits.schema_chars, recursion=False)
    except InvalidInput as error:
        left_out.append(LeftOut(_shown(original), f"its output schema is {error.message}; the tool is taken without"))
        return None, None


def _hints(declared: Any) -> Hints:
    said = declared if isinstance(declared, Mapping) else {}
    keys = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint")
    return Hints(*(value if isinstance(value := said.get(key), bool) else None for key in keys))


def _description(server: str, original: str, entry: Mapping[str, Any]) -> str:
    texts = (entry.get("description"), entry.get("title"), original)
    said = next(text for text in texts if isinstance(text, str) and text.strip())
    mark = f"(MCP server {server} says) "
    return mark + (one_line(said, MAX_DESCRIPTION_CHARS - len(mark)) or one_line(original, 100))


def _shown(name: Any) -> str:
    return one_line(name if isinstance(name, str) else repr(name), 80)
