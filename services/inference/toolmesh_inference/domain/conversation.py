"""Messages, and how tool calls and results are told to a chat template that knows neither."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum


class Role(Enum):
    """Who a message is from."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call, as the model made it."""

    tool: str
    arguments_json: str


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One turn; `tool` names the tool whose result a TOOL message carries."""

    role: Role
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool: str = ""


@dataclass(frozen=True, slots=True)
class PlainMessage:
    """A turn of system, user or assistant: all that every chat template knows."""

    role: str
    content: str


def plain_messages(messages: Iterable[ChatMessage]) -> list[PlainMessage]:
    """The conversation without tool roles: calls become JSON lines, results become the user's words.

    Results that follow each other share one message, since many templates want user and assistant in turn.
    """
    plain: list[PlainMessage] = []
    after_result = False
    for message in messages:
        if message.role is Role.TOOL:
            told = f"Result of {message.tool}: {message.content}" if message.tool else f"Result: {message.content}"
            if after_result:
                told = f"{plain.pop().content}\n{told}"
            plain.append(PlainMessage(Role.USER.value, told))
        else:
            plain.append(PlainMessage(message.role.value, _with_calls(message)))
        after_result = message.role is Role.TOOL
    return plain


def _with_calls(message: ChatMessage) -> str:
    calls = [
        f'{{"name": {json.dumps(call.tool, ensure_ascii=False)}, "arguments": {call.arguments_json or "{}"}}}'
        for call in message.tool_calls
    ]
    return "\n".join(([message.content] if message.content else []) + calls)


class ControlTokens:
    """The texts that a model's tokeniser reads as control tokens, such as "<|im_end|>"."""

    def __init__(self, texts: Sequence[str]) -> None:
        # A text of one character cannot be broken up, and no template marks turns by one.
        longest_first = sorted((text for text in texts if len(text) > 1), key=len, reverse=True)
        self._pattern = re.compile("|".join(re.escape(text) for text in longest_first)) if longest_first else None

    def defused(self, content: str) -> str:
        """The content with each control token broken by a word joiner (U+2060), so that it stays plain text.

        Without it a tool's output could end its own turn and open one of the system's.
        """
        if self._pattern is None:
            return content
        while self._pattern.search(content):
            content = self._pattern.sub(lambda found: f"{found[0][0]}\u2060{found[0][1:]}", content)
        return content
