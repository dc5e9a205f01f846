"""A model that knows the right answer: it stands in for inference while the production controller decides, so that
every prompt the controller sends is met, word for word, together with what should be written after it."""

import json
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

from toolmesh_controller.app.ports import Constraint, ModelInfo, ModelRef, Sampling, Scores, TextPiece
from toolmesh_controller.domain.conversation import Finish, Message, Usage
from toolmesh_controller.domain.prompts import ASK, CALL, NONE, tool_judged
from toolmesh_dialogues.dialogue import DialogueCall

# As good as unlimited, so that no prompt is cut; long ones are left out when they are tokenised.
_CONTEXT_TOKENS = 1_000_000
_LIKELY, _UNLIKELY = 0.0, -50.0


@dataclass(frozen=True, slots=True)
class Asked:
    """One prompt with the right continuation."""

    messages: tuple[Message, ...]
    continuation: str
    teaches: str
    tool: str = ""


@dataclass(slots=True)
class GoldModel:
    """The controller's port `Inference`, answered from a dialogue.

    Args:
        calls: the right calls of this step.
        answer: the right text where there are none.
        unsure: tools of which this step does not tell whether they fit, such as those called after the next result.
    """

    calls: Sequence[DialogueCall]
    answer: str = ""
    reporting: bool = False
    unsure: frozenset[str] = frozenset()
    asked: list[Asked] = field(default_factory=list)

    async def generate(
        self, ref: ModelRef, messages: Sequence[Message], sampling: Sampling, constraint: Constraint
    ) -> AsyncGenerator[TextPiece, None]:
        """The arguments of the call that is asked for, or the answer."""
        tool = tool_judged(messages)
        if tool:
            call = self._call_of(tool, messages)
            text = json.dumps(call.arguments, ensure_ascii=False) if call else "{}"
        else:
            if self.answer and not self.calls:
                self.asked.append(Asked(tuple(messages), self.answer, "report" if self.reporting else "answer"))
            text = self.answer
        yield TextPiece(text, Finish.STOP, Usage())

    async def score(self, ref: ModelRef, messages: Sequence[Message], continuations: Sequence[str]) -> Scores:
        """What is right is certain: a call of the tool that is judged, or the right tool's name."""
        tool = tool_judged(messages)
        right = {self._verdict(tool, messages)} if tool else self._chosen(messages, continuations)
        return Scores(tuple(_LIKELY if each in right else _UNLIKELY for each in continuations))

    async def count_tokens(self, model: str, texts: Sequence[str]) -> list[int]:
        return [len(text.encode()) for text in texts]

    async def model(self, model: str) -> ModelInfo:
        return ModelInfo("gold", "llama_cpp", _CONTEXT_TOKENS)

    async def embed(self, model: str, texts: Sequence[str], *, passages: bool) -> None:
        """Not served: the controller then goes by words."""
        return

    def _verdict(self, tool: str, messages: Sequence[Message]) -> str:
        call = self._call_of(tool, messages)
        if call:
            self.asked.append(called(messages, call))
            return CALL
        if tool not in self.unsure and not any(each.tool == tool for each in self.calls):
            self.asked.append(Asked(tuple(messages), NONE, "none", tool))
        return NONE

    def _chosen(self, messages: Sequence[Message], continuations: Sequence[str]) -> set[str]:
        right = {f" {call.tool}" for call in self.calls}
        named = [each for each in continuations if each in right]
        if len(named) == 1:
            self.asked.append(Asked(tuple(messages), named[0], "choice", named[0].strip()))
        return right

    def _call_of(self, tool: str, messages: Sequence[Message]) -> DialogueCall | None:
        """The right call of a tool; of several, the one whose values the wish names; None where that is unclear."""
        calls = [call for call in self.calls if call.tool == tool]
        if len(calls) < 2:
            return calls[0] if calls else None
        wish = messages[1].content.rpartition("\nRequest: ")[2].casefold()
        named = [sum(_said(value, wish) for value in call.arguments.values()) for call in calls]
        best = max(named)
        return calls[named.index(best)] if named.count(best) == 1 else None


def called(messages: Sequence[Message], call: DialogueCall) -> Asked:
    """The prompt that asks about a tool, with the call that is right."""
    text = f"{CALL} {json.dumps(call.arguments, ensure_ascii=False)}"
    return Asked(tuple(messages), text, "call", call.tool)


def questioned(messages: Sequence[Message], tool: str, question: str) -> Asked:
    """The same with the question that is right."""
    return Asked(tuple(messages), f"{ASK} {question}", "ask", tool)


def _said(value: object, wish: str) -> bool:
    return str(value).casefold() in wish
