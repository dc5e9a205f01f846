"""The steps of a dialogue: each message of the assistant, with all that was said before it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from toolmesh_controller.domain.conversation import Message, Role, ToolCall
from toolmesh_dialogues.dialogue import Dialogue, DialogueCall, DialogueMessage

_QUESTION_MARKS = ("?", "？")


@dataclass(frozen=True, slots=True)
class Step:
    """One message of the assistant.

    Attributes:
        reporting: whether it tells results of this turn.
        asks_for: the tool that it asks back for, or empty.
        unsure: tools that are called later in the same turn, so that it is open whether they fit now.
    """

    before: tuple[Message, ...]
    calls: tuple[DialogueCall, ...]
    text: str
    reporting: bool
    asks_for: str
    unsure: frozenset[str]


def steps_of(dialogue: Dialogue) -> Iterator[Step]:
    """All steps, in order."""
    before: list[Message] = []
    reporting = False
    for at, message in enumerate(dialogue.messages):
        if message.role == "user":
            reporting = False
        if message.role == "assistant" and any(each.role is Role.USER for each in before):
            after = dialogue.messages[at + 1 :]
            asks_for = message.asks_for or ("" if message.tool_calls else _asked_for(message, after))
            unsure = frozenset(call.tool for call in _later_calls(after)) - {call.tool for call in message.tool_calls}
            yield Step(tuple(before), message.tool_calls, message.content, reporting, asks_for, unsure)
            reporting = reporting or bool(message.tool_calls)
        before.append(_message(message))


def _asked_for(message: DialogueMessage, after: Sequence[DialogueMessage]) -> str:
    """The tool that is called when the user has answered a question; empty where the text is none."""
    next_words = next((each for each in after if each.role == "assistant"), None)
    if next_words is None or not next_words.tool_calls or not message.content.rstrip().endswith(_QUESTION_MARKS):
        return ""
    return next_words.tool_calls[0].tool


def _later_calls(after: Sequence[DialogueMessage]) -> Iterator[DialogueCall]:
    for message in after:
        if message.role == "user":
            return
        yield from message.tool_calls


def _message(message: DialogueMessage) -> Message:
    calls = tuple(
        ToolCall(call.id, call.tool, json.dumps(call.arguments, ensure_ascii=False)) for call in message.tool_calls
    )
    return Message(Role(message.role), message.content, calls, message.tool_call_id, message.tool)
