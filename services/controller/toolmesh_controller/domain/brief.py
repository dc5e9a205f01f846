"""What a trained model is shown of the conversation when it decides about one tool, and where values may come from."""

from collections.abc import Iterable
from dataclasses import dataclass

from toolmesh_controller.domain.conversation import Message, Role
from toolmesh_controller.domain.parts import Part
from toolmesh_controller.domain.turn import DoneCall, Turn

# A small model reads slowly: the last messages only, each cut.
_MOST_MESSAGES = 6
_MOST_CHARS = 240
_MOST_RESULT_CHARS = 400


@dataclass(frozen=True, slots=True)
class Brief:
    """One wish with what was said and found before it.

    Attributes:
        wish: the part of the request that is decided about.
        whole: the whole request where the wish is only a part of it, else empty.
        earlier: lines said before, oldest first.
        results: lines of this request's results so far.
    """

    wish: str
    whole: str = ""
    earlier: tuple[str, ...] = ()
    results: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """All of it, the nearest first."""
        return "\n".join(filter(None, (self.wish, self.whole, *reversed(self.results), *reversed(self.earlier))))


def brief_of(part: Part, turn: Turn) -> Brief:
    """The brief of a part of a turn's request."""
    whole = turn.request if part.text.strip() != turn.request else ""
    said = [message for message in turn.history if message.role is not Role.SYSTEM]
    return Brief(part.text.strip(), whole, tuple(_lines(said[-_MOST_MESSAGES:])), tuple(map(_result, turn.done)))


def cut(text: str, most: int) -> str:
    """A text that is too long, its end left out."""
    return text if len(text) <= most else text[: most - 1] + "…"


def _lines(messages: Iterable[Message]) -> Iterable[str]:
    for message in messages:
        if message.role is Role.TOOL:
            yield cut(f"{message.tool} = {message.content}", _MOST_CHARS)
            continue
        if message.content:
            yield cut(f"{message.role.value}: {message.content}", _MOST_CHARS)
        for call in message.tool_calls:
            yield cut(f"{call.tool}({call.arguments_json})", _MOST_CHARS)


def _result(done: DoneCall) -> str:
    return cut(f"{done.call.tool}({done.call.arguments_json}) = {done.result or ''}", _MOST_RESULT_CHARS)
