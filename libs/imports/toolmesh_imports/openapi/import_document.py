"""Makes tools of an OpenAPI document."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from toolmesh.tool.v1 import tool_pb2
from toolmesh_core.errors import InvalidInput
from toolmesh_core.json_schema import JsonSchema
from toolmesh_imports.openapi import security
from toolmesh_imports.openapi.arguments import Arguments
from toolmesh_imports.openapi.bodies import read_body
from toolmesh_imports.openapi.document import read_document
from toolmesh_imports.openapi.node import Node
from toolmesh_imports.openapi.operation import Credential, OpenApiTool, Operation
from toolmesh_imports.openapi.options import ImportOptions
from toolmesh_imports.openapi.parameters import DeclaredParameter, check_path, read_parameters
from toolmesh_imports.openapi.responses import MAX_OUTPUT_SCHEMA_CHARS, output_schema
from toolmesh_imports.openapi.schemas import Schema, SchemaConverter
from toolmesh_imports.openapi.servers import server_of
from toolmesh_imports.openapi.texts import describe, free_name, one_line, tool_name

_READS = frozenset({"get", "head", "options", "trace"})
_IDEMPOTENT = _READS | {"put", "delete"}
_METHODS = _IDEMPOTENT | {"post", "patch"}
_MAX_TAG_CHARS = 64


@dataclass(frozen=True, slots=True)
class ImportedApi:
    """What a document became.

    Attributes:
        unmet_schemes: security schemes that some tools need and that have no secret yet.
    """

    title: str
    version: str
    tools: tuple[OpenApiTool, ...]
    unmet_schemes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    name: str
    method: str
    path: str
    path_item: Node
    node: Node


def import_document(source: Path | str, options: ImportOptions | None = None) -> ImportedApi:
    """The tools of an OpenAPI 3.0 or 3.1 document.

    Args:
        source: a file, or the text itself; JSON or YAML.

    Raises:
        InvalidInput: BAD_OPENAPI, one line with the place in the document (`field` is a JSON pointer);
            NO_OPERATION, the options take none.
    """
    return _Importer(read_document(source), options or ImportOptions()).run()


class _Importer:
    def __init__(self, root: Node, options: ImportOptions) -> None:
        self._root = root
        self._options = options
        self._schemes = security.read_schemes(root)
        self._requests = SchemaConverter(root, "request")
        self._responses = SchemaConverter(root, "response")

    def run(self) -> ImportedApi:
        security.check_named(self._schemes, self._options.secrets, self._root)
        tools = tuple(self._tool(found) for found in self._named() if self._takes(found))
        if not tools:
            raise InvalidInput(
                "no operation of the document fits the options: see tags, names, paths and operations",
                reason="NO_OPERATION",
            )
        unmet = dict.fromkeys(scheme for tool in tools for scheme in tool.operation.unmet_schemes)
        info = self._root.get("info")
        title, version = (info.text("title"), info.text("version")) if info else ("", "")
        return ImportedApi(one_line(title, 200), one_line(version, 64), tools, tuple(unmet))

    def _named(self) -> Iterator[_Found]:
        """All operations, also those not taken, so that the names do not hang on the options."""
        taken: set[str] = set()
        paths = self._root.get("paths")
        for path, declared in paths.items() if paths else ():
            if path.startswith("x-"):
                continue
            if not path.startswith("/") or "?" in path or "#" in path:
                raise declared.wrong("a path must begin with '/' and hold neither '?' nor '#'")
            path_item = declared.followed()
            for method, node in path_item.items():
                if method in _METHODS:
                    wanted = node.text("operationId") or f"{method}{path}"
                    name = free_name(tool_name(self._options.name_prefix + tool_name(wanted)), taken)
                    taken.add(name)
                    yield _Found(name, method, path, path_item, node)

    def _takes(self, found: _Found) -> bool:
        spellings = [f"{found.method.upper()} {found.path}", *filter(None, (found.node.text("operationId"),))]
        deprecated = found.node.flag("deprecated")
        return self._options.takes(
            found.name, found.path, _tags(found.node), spellings=spellings, deprecated=deprecated
        )

    def _tool(self, found: _Found) -> OpenApiTool:
        node = found.node
        credentials, unmet = security.credentials_of(self._root, node, self._schemes, self._options.secrets)
        parameters = read_parameters(found.path_item, node)
        check_path(found.path, node, parameters)
        arguments = Arguments(self._requests)
        operation = Operation(
            method=found.method.upper(),
            server=server_of(self._root, found.path_item, node, self._options),
            path=found.path,
            parameters=arguments.add_parameters(item for item in parameters if not _is_secret(item, credentials)),
            body=arguments.add_body(read_body(node, self._requests)),
            credentials=credentials,
            unmet_schemes=unmet,
        )
        return self._finished(found, operation, arguments.schema())

    def _finished(self, found: _Found, operation: Operation, arguments: Schema) -> OpenApiTool:
        try:
            compiled = JsonSchema(arguments)
        except InvalidInput as error:
            raise found.node.wrong(f"its arguments are {error.message}") from error
        output = output_schema(found.node, self._responses)
        output_text = "" if output is None else _compact(output)
        if len(output_text) > MAX_OUTPUT_SCHEMA_CHARS:
            output, output_text = None, ""
        definition = tool_pb2.Tool(
            name=found.name,
            description=_description(found),
            arguments_schema_json=_compact(arguments),
            output_schema_json=output_text,
            idempotent=found.method in _IDEMPOTENT,
            read_only=found.method in _READS,
            needs_approval=self._options.writes_need_approval and found.method not in _READS,
            tags=[one_line(tag, _MAX_TAG_CHARS) for tag in _tags(found.node)],
            result_only=True,
        )
        return OpenApiTool(definition, operation, compiled, arguments, output)


def _is_secret(parameter: DeclaredParameter, credentials: tuple[Credential, ...]) -> bool:
    """A parameter that a credential fills is no argument: an LLM has no secrets to give."""
    name = parameter.name.lower() if parameter.place == "header" else parameter.name
    return any(
        item.kind == parameter.place and name == (item.name.lower() if item.kind == "header" else item.name)
        for item in credentials
    )


def _tags(node: Node) -> list[str]:
    tags = node.get("tags")
    return tags.texts() if tags else []


def _description(found: _Found) -> str:
    node = found.node
    return describe(node.text("summary"), node.text("description"), f"{found.method.upper()} {found.path}")


def _compact(schema: Schema) -> str:
    return json.dumps(schema, separators=(",", ":"), ensure_ascii=False)
