"""What the controller's use cases need from outside."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from toolmesh_controller.domain.conversation import Finish, Message, Usage

Vector = Sequence[float]


@dataclass(frozen=True, slots=True)
class ModelRef:
    """A model and an adapter of it; empty means the default one and none."""

    model: str = ""
    adapter: str = ""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model as inference lists it."""

    id: str
    engine: str
    context_tokens: int
    adapters: frozenset[str] = frozenset()

    @property
    def takes_grammar(self) -> bool:
        """Only llama.cpp reads GBNF; other engines get a JSON Schema."""
        return self.engine in ("llama_cpp", "scripted")


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are drawn; None means the engine's default, which is greedy for temperature."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    seed: int | None = None
    max_tokens: int = 0
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Constraint:
    """What a text must look like; at most one is set."""

    grammar: str = ""
    json_schema: str = ""


@dataclass(frozen=True, slots=True)
class TextPiece:
    """A piece of a text; the last one carries why it ended and what was spent."""

    text: str = ""
    finish: Finish = Finish.NONE
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class Scores:
    """Log-probabilities of continuations, in order, in nats."""

    log_probabilities: tuple[float, ...]
    usage: Usage = field(default_factory=Usage)


class Inference(Protocol):
    """The models, behind InferenceService."""

    def generate(
        self, ref: ModelRef, messages: Sequence[Message], sampling: Sampling, constraint: Constraint
    ) -> AsyncGenerator[TextPiece, None]:
        """Pieces of a text, the last with why it ended; closing the generator stops the model."""
        ...

    async def score(self, ref: ModelRef, messages: Sequence[Message], continuations: Sequence[str]) -> Scores: ...

    async def count_tokens(self, model: str, texts: Sequence[str]) -> list[int]: ...

    async def model(self, model: str) -> ModelInfo: ...

    async def embed(self, model: str, texts: Sequence[str], *, passages: bool) -> list[Vector] | None:
        """Vectors of length 1 of tools' descriptions (`passages`) or of requests; None where it is not served."""
        ...


class NewId(Protocol):
    """Makes ids that never repeat."""

    def __call__(self, prefix: str) -> str: ...
