"""Where a conversation stands: what is asked, what came before, what was called for it and what came back."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from toolmesh_controller.domain.conversation import Message, Role, ToolCall
from toolmesh_core.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class DoneCall:
    """A call of this turn with its result; `result` is None where none came back."""

    call: ToolCall
    result: str | None

    @property
    def failed(self) -> bool:
        return self.error is not None

    @property
    def reason(self) -> str:
        """The refusal's code; empty where there is none."""
        value = parsed(self.result or "")
        error = value.get("error") if isinstance(value, dict) else None
        return str(error.get("reason", "")) if isinstance(error, dict) else ""

    @property
    def error(self) -> str | None:
        """Why the tool said no."""
        value = parsed(self.result or "")
        if isinstance(value, dict) and "error" in value:
            error = value["error"]
            return str(error.get("message", error)) if isinstance(error, dict) else str(error)
        return None


@dataclass(frozen=True, slots=True)
class Turn:
    """The last request with the messages before it and the calls after it."""

    system: tuple[Message, ...]
    history: tuple[Message, ...]
    request: str
    done: tuple[DoneCall, ...]

    def already_called(self, tool: str, arguments: Any) -> bool:
        return any(done.call.tool == tool and parsed(done.call.arguments_json) == arguments for done in self.done)


def turn_of(messages: Sequence[Message]) -> Turn:
    """Reads the conversation. Raises InvalidInput where nobody asks anything."""
    if not messages:
        raise InvalidInput("messages: none given; send at least one user message", field="messages")
    last_user = max((at for at, message in enumerate(messages) if message.role is Role.USER), default=-1)
    if last_user < 0 or not messages[last_user].content.strip():
        raise InvalidInput("messages: no user message with text; send what is asked", field="messages")
    before = messages[:last_user]
    system = tuple(message for message in messages if message.role is Role.SYSTEM)
    history = tuple(message for message in before if message.role is not Role.SYSTEM)
    return Turn(system, history, messages[last_user].content.strip(), _done_calls(messages[last_user + 1 :]))


def _done_calls(messages: Sequence[Message]) -> tuple[DoneCall, ...]:
    results = {message.tool_call_id: message.content for message in messages if message.role is Role.TOOL}
    calls = [call for message in messages for call in message.tool_calls]
    return tuple(DoneCall(call, results.get(call.id)) for call in calls)


def parsed(text: str) -> Any:
    """The JSON value of a text, or the text itself where it is none."""
    try:
        return json.loads(text)
    except ValueError:
        return text
