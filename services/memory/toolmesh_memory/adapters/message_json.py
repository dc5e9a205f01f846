"""A message as JSON text, the form it is stored in."""

import json
from typing import Any

from toolmesh_memory.domain.session import Message, ToolCall


def message_to_json(message: Message) -> str:
    """JSON with only the fields that are set; any Unicode is kept as it is."""
    fields: dict[str, Any] = {"role": message.role}
    for name in ("content", "tool_call_id", "tool"):
        if value := getattr(message, name):
            fields[name] = value
    if message.tool_calls:
        fields["tool_calls"] = [[call.id, call.tool, call.arguments_json] for call in message.tool_calls]
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


def message_from_json(text: str) -> Message:
    """The reverse of message_to_json."""
    fields = json.loads(text)
    calls = tuple(ToolCall(*call) for call in fields.pop("tool_calls", ()))
    return Message(tool_calls=calls, **fields)
