"""Fakes of the controller's unit tests: the models without gRPC, a few tools, calls with their results."""

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from toolmesh_controller.app.ports import Constraint, ModelInfo, ModelRef, Sampling, Scores, TextPiece, Vector
from toolmesh_controller.domain.conversation import Candidate, Finish, Message, Role, ToolCall, Usage


@dataclass
class FakeInference:
    """Writes `replies` in order, then "Done."; keeps what it was asked. One token is four characters."""

    replies: list[str] = field(default_factory=list)
    scores: Mapping[str, float] = field(default_factory=dict)
    engine: str = "llama_cpp"
    context_tokens: int = 8192
    adapters: frozenset[str] = frozenset()
    asked_adapters: list[str] = field(default_factory=list)
    finish: Finish = Finish.STOP
    prompts: list[str] = field(default_factory=list)
    constraints: list[Constraint] = field(default_factory=list)
    scored: list[Sequence[str]] = field(default_factory=list)
    counted: int = 0
    # Vectors by text; None where no embedder is served.
    meanings: Mapping[str, Vector] | None = None
    embedded: list[str] = field(default_factory=list)

    async def generate(
        self, ref: ModelRef, messages: Sequence[Message], sampling: Sampling, constraint: Constraint
    ) -> AsyncGenerator[TextPiece, None]:
        self.asked_adapters.append(ref.adapter)
        self.prompts.append("\n".join(message.content for message in messages))
        self.constraints.append(constraint)
        text = self.replies.pop(0) if self.replies else "Done."
        for word in text.split(" "):
            yield TextPiece(word if word == text.split(" ")[0] else f" {word}")
        yield TextPiece("", self.finish, Usage(10, 2, 5))

    async def score(self, ref: ModelRef, messages: Sequence[Message], continuations: Sequence[str]) -> Scores:
        self.prompts.append("\n".join(message.content for message in messages))
        self.scored.append(continuations)
        return Scores(tuple(self.scores.get(text.strip(), -5.0) for text in continuations), Usage(20, 0, 0))

    async def count_tokens(self, model: str, texts: Sequence[str]) -> list[int]:
        self.counted += 1
        return [(len(text) + 3) // 4 for text in texts]

    async def embed(self, model: str, texts: Sequence[str], *, passages: bool) -> list[Vector] | None:
        self.embedded += texts
        if self.meanings is None:
            return None
        return [self.meanings.get(text, (1.0, 0.0)) for text in texts]

    async def model(self, model: str) -> ModelInfo:
        return ModelInfo(model or "fake", self.engine, self.context_tokens, self.adapters)


def tool(name: str, description: str, properties: dict[str, Any], required: list[str], score: float = 0.0) -> Candidate:
    schema = {"type": "object", "properties": properties, "required": required}
    return Candidate(name, description, json.dumps(schema), score)


ADD = tool("add", "Adds two numbers.", {"a": {"type": "integer"}, "b": {"type": "integer"}}, ["a", "b"])
CLOCK = tool("current_time", "Tells the time in a city.", {"city": {"type": "string"}}, ["city"])
WEATHER = tool(
    "weather",
    "Tells the weather in a city.",
    {"city": {"type": "string"}, "unit": {"enum": ["celsius", "fahrenheit"]}},
    ["city"],
)
TEXT = tool("measure_text", "Measures a text.", {"text": {"type": "string"}}, ["text"])
NOTE = tool("write_note", "Writes a note.", {"text": {"type": "string"}}, ["text"])


def called(name: str, arguments: dict[str, Any], result: Any, call_id: str = "call_0") -> list[Message]:
    """A call and its result, as they stand in a conversation."""
    call = ToolCall(call_id, name, json.dumps(arguments))
    return [
        Message(Role.ASSISTANT, "", (call,)),
        Message(Role.TOOL, json.dumps(result, ensure_ascii=False), (), call_id, name),
    ]
