"""JSON Schemas of what a service answers, in the form that it is printed in."""

from collections.abc import Mapping, Sequence

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from toolmesh_imports.grpc_reflection.message_schemas import MessageSchemas
from toolmesh_imports.grpc_reflection.scalars import REPLY_SCALARS, Schema
from toolmesh_imports.grpc_reflection.well_known import reply_form


class ReplySchemas(MessageSchemas):
    """What a message is printed as: fields without presence always, 64-bit integers as text."""

    def of_tool(self, message: Descriptor, *, stream: bool) -> Schema:
        """The schema of a tool's output: the reply, or the list of all replies of a stream."""
        schema = self.whole(message)
        if not stream:
            return schema
        definitions = schema.pop("$defs", None)
        return {"type": "array", "items": schema} | ({"$defs": definitions} if definitions else {})

    def _form(self, message: Descriptor) -> Schema | None:
        return reply_form(message)

    def _scalars(self) -> Mapping[int, Schema]:
        return REPLY_SCALARS

    def _enum_names(self, enum: EnumDescriptor, names: Sequence[str]) -> Schema:
        known: Schema = {"type": "string", "enum": list(names)}
        # A value that the descriptors do not know is printed as its number.
        return known if enum.is_closed else {"anyOf": [known, {"type": "integer"}]}

    def _is_required(self, field: FieldDescriptor) -> bool:
        return not field.has_presence

    def _limits(self, message: Descriptor) -> Schema:
        return {}
