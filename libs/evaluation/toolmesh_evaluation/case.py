"""One thing to ask the controller, with what would be right; and what the controller did."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from toolmesh_dialogues.dialogue import DialogueCall, DialogueMessage, DialogueTool

Expected = Literal["calls", "text", "no_call"]


@dataclass(frozen=True, slots=True)
class Case:
    """What is asked and what is right.

    Attributes:
        group: cases of one group (the turns of a dialogue) are drawn together when intervals are made.
        kind: how reports break the figures down.
        messages: the conversation so far, as recorded; the last request is in it.
        expected: "calls" gold_calls, "text" gold_text, "no_call" any answer or question without a call.
        tools: the candidates; empty where the retriever finds them.
        results: stand-in results by tool, as JSON text, in the order of its calls. Where they are given, the
            conversation goes on with them until nothing more is called.
        most_calls: the most calls of one decision; 0 leaves it to the controller.
        truth: what the set's own checker needs.
    """

    id: str
    group: str
    kind: str
    language: str
    messages: tuple[DialogueMessage, ...]
    expected: Expected
    gold_calls: tuple[DialogueCall, ...] = ()
    gold_text: str = ""
    tools: tuple[DialogueTool, ...] = ()
    results: Mapping[str, tuple[str, ...]] | None = None
    most_calls: int = 0
    truth: Any = None

    @property
    def request(self) -> str:
        """What the user said last: it is also what the retriever is asked."""
        return next((message.content for message in reversed(self.messages) if message.role == "user"), "")


@dataclass(frozen=True, slots=True)
class Observed:
    """What the controller did with a case.

    Attributes:
        text: the answer or the question where nothing more was called; empty where the set compares no text.
        candidates: the offered tools, best first.
        seconds: from asking to the last decision, retrieval included.
        error: the reason and message of a refused request, or empty.
    """

    calls: tuple[DialogueCall, ...] = ()
    text: str = ""
    candidates: tuple[DialogueTool, ...] = ()
    seconds: float = 0.0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    error: str = ""

    @property
    def refusal(self) -> str:
        """The fault of a refused request, with the reason's stable word; empty where it was not refused."""
        return f"request refused: {self.error.partition(':')[0]}" if self.error else ""


@dataclass(frozen=True, slots=True)
class Scored:
    """A case with what was observed.

    Attributes:
        scores: 0 to 1 by metric; a metric that does not apply to the case is left out.
        fault: what went wrong, in a few words of a fixed list; empty where it went right.
    """

    case: Case
    observed: Observed
    scores: Mapping[str, float] = field(default_factory=dict)
    fault: str = ""
