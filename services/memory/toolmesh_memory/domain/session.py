"""A conversation: its messages, tool calls and places, and the rules a new one must keep."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, get_args

from toolmesh_core.errors import InvalidInput

Role = Literal["system", "user", "assistant", "tool"]
ROLES: tuple[str, ...] = get_args(Role)
MAX_USER_CHARACTERS = 256
MAX_TITLE_CHARACTERS = 500
_SESSION_ID = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call of one tool, as the model decided it."""

    id: str
    tool: str
    arguments_json: str


@dataclass(frozen=True, slots=True)
class Message:
    """One turn: text, tool calls, or the result of one call."""

    role: Role
    content: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""
    tool: str = ""

    @property
    def size_bytes(self) -> int:
        """Its texts in UTF-8; what limits and pages are counted in."""
        calls = sum(len((call.id + call.tool + call.arguments_json).encode()) for call in self.tool_calls)
        return len((self.content + self.tool_call_id + self.tool).encode()) + calls


@dataclass(frozen=True, slots=True)
class Session:
    """A conversation of one user; `update_time` is when a message was last added."""

    id: str
    user: str
    title: str
    message_count: int
    create_time: datetime
    update_time: datetime

    def with_messages(self, count: int, at: datetime) -> "Session":
        """This session after `count` more messages; a clock that went back does not make it older."""
        return replace(self, message_count=self.message_count + count, update_time=max(self.update_time, at))


@dataclass(frozen=True, slots=True)
class SessionMessage:
    """A message with its place in a session: 1, 2, 3, ... without gaps."""

    sequence: int
    message: Message
    run: str
    create_time: datetime


def check_user(user: str) -> str:
    """The user, or InvalidInput where none is named or the name is too long."""
    if not user:
        raise InvalidInput("user is empty: name the user whose sessions and artifacts are meant", field="user")
    if len(user) > MAX_USER_CHARACTERS:
        raise InvalidInput(f"user has {len(user)} characters; at most {MAX_USER_CHARACTERS} are allowed", field="user")
    return user


def check_session_id(session: str) -> str:
    """The id, or InvalidInput where it is not one."""
    if not _SESSION_ID.match(session):
        raise InvalidInput(
            f"session {session[:80]!r} is not an id: use 1 to 64 letters, digits, '_' and '-'", field="session"
        )
    return session


def check_title(title: str) -> str:
    """The title, or InvalidInput where it is too long."""
    if len(title) > MAX_TITLE_CHARACTERS:
        raise InvalidInput(f"title has {len(title)} characters; at most {MAX_TITLE_CHARACTERS} fit", field="title")
    return title


def check_messages(messages: Sequence[Message], max_bytes: int) -> None:
    """InvalidInput where there is nothing to add or more than one call may carry."""
    if not messages:
        raise InvalidInput("messages is empty: name at least one message to add", field="messages")
    size = sum(message.size_bytes for message in messages)
    if size > max_bytes:
        raise InvalidInput(
            f"messages hold {size} bytes, over the limit of {max_bytes} a call: store large values as artifacts",
            field="messages",
        )
