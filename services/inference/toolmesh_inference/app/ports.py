"""What the use cases need of an engine."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Protocol

from toolmesh_inference.domain.generation import GenerationEnd, GenerationRequest, Prompt, Scores, TextPiece
from toolmesh_inference.domain.model_card import EmbedKind


class TextEngine(Protocol):
    """Runs one text model. Requests have been checked; adapters are those of the model's card."""

    def generate(self, request: GenerationRequest) -> AsyncGenerator[TextPiece | GenerationEnd, None]:
        """Pieces as they come, then one end. Closing the iterator stops the model before it returns.

        Raises:
            InvalidInput: a schema or grammar it cannot take, or a prompt over the context.
            Unavailable: the engine is down.
        """
        ...

    async def score(self, prompt: Prompt, adapter: str, continuations: Sequence[str]) -> Scores:
        """Log-probabilities of the continuations; errors as `generate`."""
        ...

    async def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """The tokens of each text, special tokens of the tokeniser not added."""
        ...

    async def close(self) -> None:
        """Gives back what the engine holds; nothing runs any more."""
        ...


@dataclass(frozen=True, slots=True)
class Embeddings:
    """Unit vectors: float32, little endian, one a text."""

    vectors: list[bytes]
    dimensions: int
    prompt_tokens: int


class EmbeddingEngine(Protocol):
    """Runs one embedding model."""

    async def embed(self, texts: Sequence[str], kind: EmbedKind) -> Embeddings:
        """A unit vector a text.

        Raises:
            InvalidInput: a text that is too long for the engine.
        """
        ...

    async def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """The tokens of each text as the model sees it."""
        ...

    async def close(self) -> None:
        """Gives back what the engine holds."""
        ...
