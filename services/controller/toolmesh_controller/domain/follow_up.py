"""Requests that only make sense with what was said before: "and in Berlin?", "那上海呢？", an answer to a question."""

import re
from collections.abc import Sequence

from toolmesh_controller.domain.conversation import Message, Role

_OPENING = re.compile(r"^\s*(?:(?:and|what about|how about|also|now|same|again)\b|那|还有|再)", re.IGNORECASE)
_ENDING = re.compile(r"呢[?？]?\s*$|\b(?:too|instead|as well)[?.!]?\s*$", re.IGNORECASE)
_FEW_WORDS = 6
_ASKING = re.compile(r"[?？]|\bplease\b|\bcould you\b|请", re.IGNORECASE)
_MOST_TURNS_BACK = 3


def said_before(history: Sequence[Message], request: str) -> str:
    """The earlier requests that this one belongs to; empty where it stands by itself."""
    if _answers_a_question(history):
        return "\n".join(_said_since_the_last_call(history))
    if leans_on_history(request):
        return next((message.content for message in reversed(history) if message.role is Role.USER), "")
    return ""


def leans_on_history(request: str) -> bool:
    """Whether a request reads as a change to the last one."""
    short = len(request.split()) <= _FEW_WORDS and len(request) <= 60
    return short and (_OPENING.search(request) is not None or _ENDING.search(request) is not None)


def _answers_a_question(history: Sequence[Message]) -> bool:
    last = history[-1] if history else None
    return last is not None and last.role is Role.ASSISTANT and _ASKING.search(last.content) is not None


def _said_since_the_last_call(history: Sequence[Message]) -> list[str]:
    said: list[str] = []
    for message in reversed(history):
        if message.role is Role.TOOL or message.tool_calls or len(said) == _MOST_TURNS_BACK:
            break
        if message.role is Role.USER:
            said.insert(0, message.content)
    return said
