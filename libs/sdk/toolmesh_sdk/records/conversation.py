"""Messages, tool calls, tokens and sessions."""

from datetime import datetime
from typing import Any

from pydantic import Field

from toolmesh_sdk.records.record import Record


class ToolCall(Record):
    """One call of one tool, as the model decided it."""

    id: str = ""
    tool: str = ""
    arguments: dict[str, Any] = Field(default_factory=dict)


class Message(Record):
    """One turn. role: "system", "user", "assistant" or "tool"; a tool's content is JSON text or its error."""

    role: str
    content: str = ""
    tool_calls: list[ToolCall] = Field(default_factory=list)
    tool_call_id: str = ""
    tool: str = ""


class TokenUsage(Record):
    """Tokens spent; cached ones are a part of the prompt's."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0


class Session(Record):
    """A conversation; update_time is when a message was last added."""

    id: str
    user: str = ""
    title: str = ""
    message_count: int = 0
    create_time: datetime | None = None
    update_time: datetime | None = None


class SessionMessage(Record):
    """A message with its place in a session: 1, 2, 3, ... without gaps."""

    sequence: int
    message: Message
    run: str = ""
    create_time: datetime | None = None
