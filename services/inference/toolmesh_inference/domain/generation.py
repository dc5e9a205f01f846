"""What is asked of a text model, and what comes back."""

from dataclasses import dataclass
from enum import Enum

from toolmesh_inference.domain.conversation import ChatMessage


@dataclass(frozen=True, slots=True)
class Prompt:
    """A conversation or a raw text; exactly one of the two is set."""

    messages: tuple[ChatMessage, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are drawn.

    Attributes:
        temperature: 0 takes the most likely token.
        top_p: 1 keeps all.
        top_k: 0 keeps all.
        seed: None draws one.
        max_tokens: 0 means up to the context's end.
        stop: texts to stop before.
    """

    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    seed: int | None = None
    max_tokens: int = 0
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JsonSchemaConstraint:
    """The text must satisfy a JSON Schema (as JSON text)."""

    schema: str


@dataclass(frozen=True, slots=True)
class GrammarConstraint:
    """The text must follow a GBNF grammar."""

    grammar: str


Constraint = JsonSchemaConstraint | GrammarConstraint


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """One text to write; an empty `adapter` means the bare model."""

    prompt: Prompt
    adapter: str = ""
    sampling: Sampling = Sampling()
    constraint: Constraint | None = None


class FinishReason(Enum):
    """Why a text ended."""

    STOP = "stop"
    LENGTH = "length"


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that were spent; `cached_tokens` is the part of the prompt that the cache already held."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0


@dataclass(frozen=True, slots=True)
class TextPiece:
    """The next piece of a text."""

    text: str


@dataclass(frozen=True, slots=True)
class GenerationEnd:
    """The end of a text."""

    reason: FinishReason
    usage: Usage


@dataclass(frozen=True, slots=True)
class Scores:
    """Log-probabilities in nats, normalised over the given continuations."""

    log_probabilities: tuple[float, ...]
    usage: Usage
