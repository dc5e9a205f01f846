"""JSON text to a message's bytes and back, in the proto3 JSON mapping, bounded in size."""

import re
from typing import Any

import orjson
from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError, EncodeError, Message
from google.protobuf.message_factory import GetMessageClass

from toolmesh_core.errors import InvalidInput, ToolError
from toolmesh_core.json_schema import JsonSchema
from toolmesh_imports.grpc_reflection.comments import one_line
from toolmesh_imports.grpc_reflection.message_schemas import is_map, map_part
from toolmesh_imports.grpc_reflection.scalars import Schema
from toolmesh_imports.grpc_reflection.well_known import is_object

# What json_format lets out besides its own ParseError, for an Any of odd content for example.
_UNWRITABLE = (json_format.ParseError, EncodeError, ValueError, TypeError, LookupError, ArithmeticError, AttributeError)
_UNPRINTABLE = (json_format.SerializeToJsonError, DecodeError, ValueError, TypeError, LookupError)
# One for each message that the wrong field lies in.
_OUTER = re.compile(r"(Failed to parse \S+ field: )+(?=Failed to parse \S+ field: )")
# Below this no reply can grow to more than a few megabytes by what is printed beside what was sent.
_SMALL_BYTES = 4096
# '"a":0' and a comma.
_LEAST_PRINTED_BYTES = 5


class RequestWriter:
    """Writes a method's requests.

    Args:
        tool: its name, for errors.
        schema: of the tool's arguments.
    """

    def __init__(self, tool: str, request: Descriptor, pool: DescriptorPool, schema: Schema) -> None:
        self._tool = tool
        self._class = GetMessageClass(request)
        self._pool = pool
        self._in_value = not is_object(request)
        self._schema = JsonSchema(_without_oneofs(schema))

    def write(self, arguments_json: str) -> bytes:
        """The request's bytes.

        Raises:
            InvalidInput: the arguments are no JSON object, or not as the schema or the messages ask.
        """
        try:
            arguments = orjson.loads(arguments_json or "{}")
        except orjson.JSONDecodeError as error:
            raise InvalidInput(f"tool {self._tool!r}: the arguments are not JSON: {error}") from error
        problems = self._schema.check(arguments)
        if problems:
            raise InvalidInput(f"tool {self._tool!r}: {'; '.join(problems)}", reason="INVALID_ARGUMENTS")
        try:
            value = arguments["value"] if self._in_value else arguments
            return json_format.ParseDict(value, self._class(), descriptor_pool=self._pool).SerializeToString()
        except _UNWRITABLE as error:
            problem = one_line(_OUTER.sub("", str(error)), 300)
            raise InvalidInput(f"tool {self._tool!r}: {problem}", reason="INVALID_ARGUMENTS") from error


class ReplyReader:
    """Prints a method's replies.

    Args:
        max_bytes: the most that one reply may have as JSON.
    """

    def __init__(
        self, tool: str, reply: Descriptor, pool: DescriptorPool, *, original_names: bool, max_bytes: int
    ) -> None:
        self._tool = tool
        self._class = GetMessageClass(reply)
        self._pool = pool
        self._original_names = original_names
        self._max_bytes = max_bytes
        self._plain_fields: dict[str, int] = {}

    def read(self, content: bytes) -> str:
        """The reply as JSON text.

        Raises:
            ToolError: BAD_REPLY, it is not the message that the descriptors promise, or has no JSON form;
                OUTPUT_TOO_LARGE.
        """
        try:
            message = self._class.FromString(content)
            if len(content) > _SMALL_BYTES and self._printed_bytes(message) > self._max_bytes:
                raise too_large(self._max_bytes)
            text = orjson.dumps(self._printed(message))
        except _UNPRINTABLE as error:
            problem = one_line(str(error), 300)
            raise ToolError(f"{self._tool}: the reply cannot be read: {problem}", reason="BAD_REPLY") from error
        if len(text) > self._max_bytes:
            raise too_large(self._max_bytes)
        return text.decode()

    def _printed(self, message: Message) -> Any:
        return json_format.MessageToDict(
            message,
            always_print_fields_with_no_presence=True,
            preserving_proto_field_name=self._original_names,
            descriptor_pool=self._pool,
        )

    def _printed_bytes(self, message: Message) -> int:
        """The least that the JSON has: an empty message is two bytes on the wire and all its fields in JSON."""
        printed, waiting = 0, [message]
        while waiting and printed <= self._max_bytes:
            part = waiting.pop()
            printed += self._plain_fields_of(part.DESCRIPTOR) * _LEAST_PRINTED_BYTES
            for field, value in part.ListFields():
                if field.message_type is None:
                    continue
                if is_map(field):
                    if map_part(field, "value").message_type is not None:
                        waiting.extend(value.values())
                elif field.is_repeated:
                    waiting.extend(value)
                else:
                    waiting.append(value)
        return printed

    def _plain_fields_of(self, descriptor: Any) -> int:
        found = self._plain_fields.get(descriptor.full_name)
        if found is None:
            found = sum(not field.has_presence for field in descriptor.fields)
            self._plain_fields[descriptor.full_name] = found
        return found


def too_large(max_bytes: int) -> ToolError:
    """The error for an output over the limit."""
    return ToolError(f"the output is over {max_bytes} bytes: ask for less of it", reason="OUTPUT_TOO_LARGE")


def _without_oneofs(schema: Schema) -> Schema:
    """json_format names the oneof of which there are two members; a validator only says that no alternative fits."""
    definitions = {name: _bare(definition) for name, definition in schema.get("$defs", {}).items()}
    return _bare(schema) | ({"$defs": definitions} if definitions else {})


def _bare(schema: Schema) -> Schema:
    return {key: value for key, value in schema.items() if key != "allOf"}
