"""A model that knows the right answer: it stands in for inference while the production controller decides, so that
every prompt the controller sends is met, word for word, together with what should be written after it."""

import json
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

from toolmesh_controller.app.ports import Constraint, ModelInfo, ModelRef, Sampling, Scores, TextPiece
from toolmesh_controller.domain.conversation import Finish, Message, Role, Usage
from toolmesh_controller.domain.prompts import plain
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
    argument: str = ""


@dataclass(slots=True)
class GoldModel:
    """The controller's port `Inference`, answered from a dialogue.

    Args:
        calls: the right calls of this step.
        answer: the right text where there are none.
    """

    calls: Sequence[DialogueCall]
    answer: str = ""
    reporting: bool = False
    asked: list[Asked] = field(default_factory=list)

    async def generate(
        self, ref: ModelRef, messages: Sequence[Message], sampling: Sampling, constraint: Constraint
    ) -> AsyncGenerator[TextPiece, None]:
        """The value of the argument that is asked for, or the answer."""
        if messages[-1].role is Role.ASSISTANT:
            text = self._value(messages)
        elif constraint.grammar or constraint.json_schema:
            text = json.dumps(self.calls[0].arguments, ensure_ascii=False) if self.calls else "{}"
        else:
            text = self._answer(messages)
        yield TextPiece(text, Finish.STOP, Usage())

    async def score(self, ref: ModelRef, messages: Sequence[Message], continuations: Sequence[str]) -> Scores:
        """The right tool's name is certain, where it is among the continuations."""
        right = {f" {call.tool}" for call in self.calls}
        named = [each for each in continuations if each in right]
        if len(named) == 1:
            self.asked.append(Asked(tuple(messages), named[0], "choice"))
        return Scores(tuple(_LIKELY if each in right else _UNLIKELY for each in continuations))

    async def count_tokens(self, model: str, texts: Sequence[str]) -> list[int]:
        return [len(text.encode()) for text in texts]

    async def model(self, model: str) -> ModelInfo:
        return ModelInfo("gold", "llama_cpp", _CONTEXT_TOKENS)

    async def embed(self, model: str, texts: Sequence[str], *, passages: bool) -> None:
        """Not served: the controller then goes by words."""
        return

    def _value(self, messages: Sequence[Message]) -> str:
        opened = messages[-1].content
        found = {
            (name, json.dumps(call.arguments[name], ensure_ascii=False))
            for call in self.calls
            for name in call.arguments
            if opened.endswith(plain(f"{json.dumps(name)}:")) and f"Tool: {call.tool} " in messages[1].content
        }
        # Two calls of one tool with different values: the prompt does not say which of them is meant.
        if len(found) != 1:
            return " null"
        ((name, value),) = found
        self.asked.append(Asked(tuple(messages), f" {value}", "argument", name))
        return f" {value}"

    def _answer(self, messages: Sequence[Message]) -> str:
        if self.answer and not self.calls:
            self.asked.append(Asked(tuple(messages), self.answer, "report" if self.reporting else "answer"))
        return self.answer
