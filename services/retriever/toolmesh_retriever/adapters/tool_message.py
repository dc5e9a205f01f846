"""Between the router's Tool message and what the search works on."""

from toolmesh.tool.v1 import tool_pb2
from toolmesh_retriever.app.ports import ToolRecord
from toolmesh_retriever.domain.tool_text import ToolText, schema_text


def record_of(tool: tool_pb2.Tool) -> ToolRecord:
    """The record of a message."""
    text = ToolText(
        name=tool.name,
        description=tool.description,
        parameters=schema_text(tool.arguments_schema_json),
        output=schema_text(tool.output_schema_json),
        examples=tuple(tool.examples),
        tags=tuple(tool.tags),
    )
    return ToolRecord(text, tool.SerializeToString(deterministic=True))


def record_of_bytes(message: bytes) -> ToolRecord:
    """The record of a kept message."""
    return record_of(tool_pb2.Tool.FromString(message))
