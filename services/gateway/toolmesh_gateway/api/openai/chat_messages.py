"""OpenAI's chat messages as ours."""

from typing import Any

from toolmesh.chat.v1 import message_pb2
from toolmesh_gateway.api.openai.fields import Fields
from toolmesh_gateway.api.transcoding.reading import FieldError, describe

_ROLES = {
    "system": message_pb2.ROLE_SYSTEM,
    "developer": message_pb2.ROLE_SYSTEM,
    "user": message_pb2.ROLE_USER,
    "assistant": message_pb2.ROLE_ASSISTANT,
    "tool": message_pb2.ROLE_TOOL,
}


def read_messages(fields: Fields) -> list[message_pb2.Message]:
    """The conversation of a request; faults go to the fields' errors."""
    items = fields.array("messages", required=True)
    if "messages" in fields and not items:
        fields.wrong("messages", "must hold at least one message")
    tool_of_call: dict[str, str] = {}
    return [
        _read_message(Fields(item, f"{fields.path('messages')}[{index}]", fields.errors), tool_of_call)
        for index, item in enumerate(items)
    ]


def _read_message(fields: Fields, tool_of_call: dict[str, str]) -> message_pb2.Message:
    message = message_pb2.Message(content=_read_content(fields))
    role = fields.get("role")
    if not isinstance(role, str) or role not in _ROLES:
        fields.wrong("role", f"must be one of {', '.join(_ROLES)}, got {describe(role)}")
        return message
    message.role = _ROLES[role]
    if role == "assistant":
        for index, item in enumerate(fields.array("tool_calls")):
            call = _read_call(Fields(item, f"{fields.path('tool_calls')}[{index}]", fields.errors))
            tool_of_call[call.id] = call.tool
            message.tool_calls.append(call)
        if "function_call" in fields:
            fields.wrong("function_call", "is not supported; use tool_calls")
    elif role == "tool":
        message.tool_call_id = fields.text("tool_call_id", required=True)
        tool = tool_of_call.get(message.tool_call_id)
        if tool is None and message.tool_call_id:
            fields.wrong("tool_call_id", f"names no earlier tool call, got {message.tool_call_id!r}")
        message.tool = tool or ""
    return message


def _read_content(fields: Fields) -> str:
    """A text, or text parts joined."""
    content = fields.get("content")
    if content is None or isinstance(content, str):
        if content is None and fields.get("role") in ("user", "system", "developer", "tool"):
            fields.wrong("content", "is missing")
        return content or ""
    if not isinstance(content, list):
        fields.wrong("content", f"must be a string or an array of parts, got {describe(content)}")
        return ""
    return "".join(_read_part(part, f"{fields.path('content')}[{i}]", fields.errors) for i, part in enumerate(content))


def _read_part(part: Any, path: str, errors: list[FieldError]) -> str:
    fields = Fields(part, path, errors)
    kind = fields.get("type")
    if isinstance(part, dict) and kind not in ("text", "refusal"):
        fields.wrong("type", f"must be 'text', the only kind of content here, got {describe(kind)}")
        return ""
    return fields.text(str(kind), required=True) if isinstance(part, dict) else ""


def _read_call(fields: Fields) -> message_pb2.ToolCall:
    function = fields.inner("function")
    return message_pb2.ToolCall(
        id=fields.text("id", required=True),
        tool=function.text("name", required=True),
        arguments_json=function.text("arguments", required=True),
    )
