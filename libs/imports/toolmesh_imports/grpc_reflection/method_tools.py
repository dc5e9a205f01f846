"""Methods of a service as tools: which can be one, and how each is described."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import orjson
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions
from google.protobuf.descriptor_pool import DescriptorPool

from toolmesh.tool.v1 import tool_pb2
from toolmesh_imports.grpc_reflection.argument_schemas import ArgumentSchemas
from toolmesh_imports.grpc_reflection.grpc_tool import MethodTool
from toolmesh_imports.grpc_reflection.json_messages import ReplyReader, RequestWriter
from toolmesh_imports.grpc_reflection.options import ImportOptions, matches
from toolmesh_imports.grpc_reflection.reply_schemas import ReplySchemas
from toolmesh_imports.grpc_reflection.scalars import Schema
from toolmesh_imports.grpc_reflection.tool_names import tool_names

# What the tool router takes.
_MOST_SCHEMA_CHARACTERS = 64 * 1024
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_RETRYABLE = (MethodOptions.IDEMPOTENT, MethodOptions.NO_SIDE_EFFECTS)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A service or method that is no tool.

    Attributes:
        name: "package.Service" or "package.Service.Method".
        reason: why, in a few words.
    """

    name: str
    reason: str


class MethodTools:
    """Makes tools of methods.

    Args:
        comments: by full name.
    """

    def __init__(self, pool: DescriptorPool, comments: Mapping[str, str], options: ImportOptions) -> None:
        self._pool = pool
        self._comments = comments
        self._options = options
        self._arguments = ArgumentSchemas(comments, original_names=options.original_names)
        self._outputs = ReplySchemas(comments, original_names=options.original_names)

    def of(self, services: Sequence[ServiceDescriptor]) -> Iterator[MethodTool | LeftOut]:
        """The tools of the services, and what cannot be one."""
        methods = [method for service in services for method in service.methods if self._is_chosen(method)]
        callable_methods = [method for method in methods if not method.client_streaming]
        pairs = [(method.containing_service.full_name, method.name) for method in callable_methods]
        for method in methods:
            if method.client_streaming:
                kind = "bidirectional streaming" if method.server_streaming else "client streaming"
                yield LeftOut(method.full_name, f"{kind}: a tool call has one request")
        for method, name in zip(callable_methods, tool_names(pairs, self._options.name_prefix), strict=True):
            yield self._tool(method, name)

    def _is_chosen(self, method: MethodDescriptor) -> bool:
        return matches(method.full_name, self._options.methods)

    def _tool(self, method: MethodDescriptor, name: str) -> MethodTool | LeftOut:
        arguments = self._arguments.of_tool(method.input_type)
        arguments_json = _compact(arguments)
        if len(arguments_json) > _MOST_SCHEMA_CHARACTERS:
            return LeftOut(
                method.full_name, f"the schema of its arguments has over {_MOST_SCHEMA_CHARACTERS} characters"
            )
        output_json = _compact(self._outputs.of_tool(method.output_type, stream=method.server_streaming))
        options, limit = self._options, self._options.max_output_bytes
        return MethodTool(
            definition=self._definition(method, name, arguments_json, output_json),
            path=f"/{method.containing_service.full_name}/{method.name}",
            streams=method.server_streaming,
            requests=RequestWriter(name, method.input_type, self._pool, arguments),
            replies=ReplyReader(
                name, method.output_type, self._pool, original_names=options.original_names, max_bytes=limit
            ),
        )

    def _definition(self, method: MethodDescriptor, name: str, arguments_json: str, output_json: str) -> tool_pb2.Tool:
        read_only = matches(method.full_name, self._options.read_only)
        definition = tool_pb2.Tool(
            name=name,
            description=self._comments.get(method.full_name) or plain_sentence(method),
            arguments_schema_json=arguments_json,
            # One that the router would refuse is not declared: the output is the same without.
            output_schema_json=output_json if len(output_json) <= _MOST_SCHEMA_CHARACTERS else "",
            idempotent=read_only or method.GetOptions().idempotency_level in _RETRYABLE,
            read_only=read_only,
            needs_approval=self._options.writes_need_approval and not read_only,
            tags=["grpc", method.containing_service.full_name],
            result_only=not method.server_streaming,
        )
        definition.timeout.FromTimedelta(timedelta(seconds=self._options.timeout_s))
        return definition


def plain_sentence(method: MethodDescriptor) -> str:
    """What a method without a comment does, as far as its names tell."""
    words = " ".join(_words(method.name)) or method.name
    gives = f"a stream of {method.output_type.name}" if method.server_streaming else method.output_type.name
    return (
        f"{words[0].upper()}{words[1:]}: method {method.name} of {method.containing_service.full_name}, "
        f"takes {method.input_type.name}, gives {gives}."
    )


def _words(name: str) -> list[str]:
    """GetHTTPPage: get, HTTP, page."""
    return [word if len(word) > 1 and word.isupper() else word.lower() for word in _WORD.findall(name)]


def _compact(schema: Schema) -> str:
    return orjson.dumps(schema).decode()
