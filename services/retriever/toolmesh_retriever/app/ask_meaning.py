"""Embeds requests while a caller waits: from a cache where possible, never longer than a bound."""

import logging
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from toolmesh_core.call_context import remaining_s
from toolmesh_core.clock import Clock
from toolmesh_core.errors import ToolMeshError
from toolmesh_retriever.app.ports import Embedder, Embeddings, Vector
from toolmesh_retriever.domain.embedded_line import TextKind

logger = logging.getLogger(__name__)
_CACHED_TEXTS = 4096
# After a failure, searches do without for so long instead of each waiting for its own timeout.
_PAUSE_S = 2.0


@dataclass
class AskMeaning:
    """Vectors of requests.

    Attributes:
        embedder: None where no inference service is set.
        timeout_s: the longest a search waits.
    """

    embedder: Embedder | None
    clock: Clock
    timeout_s: float
    _cached: OrderedDict[str, Vector] = field(default_factory=OrderedDict)
    _model: str = ""
    _paused_until: float = 0.0
    _why: str = ""

    async def __call__(self, texts: Sequence[str]) -> Embeddings | str:
        """[texts, dimensions], or why there are none."""
        if self.embedder is None:
            return "no inference service is set, so only words were searched"
        missing = [text for text in dict.fromkeys(texts) if text not in self._cached]
        if missing:
            if self.clock.monotonic() < self._paused_until:
                return self._why
            # Half of what the caller has left is kept for the search itself.
            timeout_s = min(self.timeout_s, (remaining_s() or 2 * self.timeout_s) / 2)
            try:
                self._keep(missing, await self.embedder.embed(missing, TextKind.REQUEST, timeout_s))
            except ToolMeshError as error:
                self._why = f"the inference service gave no vectors, so only words were searched: {error.message}"
                self._paused_until = self.clock.monotonic() + _PAUSE_S
                logger.warning("search without vectors", extra={"reason": error.reason})
                return self._why
        if any(text not in self._cached for text in texts):
            # The model changed just now, and with it the meaning of every cached vector.
            return "the embedding model has just changed, so only words were searched"
        for text in texts:
            self._cached.move_to_end(text)
        return Embeddings(self._model, np.stack([self._cached[text] for text in texts]))

    def _keep(self, texts: Sequence[str], embeddings: Embeddings) -> None:
        if embeddings.model != self._model:
            self._cached.clear()
            self._model = embeddings.model
        self._cached.update(zip(texts, embeddings.vectors, strict=True))
        while len(self._cached) > _CACHED_TEXTS:
            self._cached.popitem(last=False)
