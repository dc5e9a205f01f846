"""How near a request and a tool are in meaning: cosines of their vectors, for tools that no retriever has
scored and for the parts of a request, of which it scored the whole."""

from collections.abc import Sequence
from operator import mul

from toolmesh_controller.app.ports import Inference, Vector
from toolmesh_controller.app.tool_book import ReadTool
from toolmesh_controller.domain.words import split_identifier

# The weights of domain/choose.py were learned on this model's cosines; another one's have another scale.
EMBEDDER = "multilingual-e5-small"
_MOST_CHARS = 400
_KEPT_TOOLS = 4096


class ToolMeaning:
    """Keeps the vectors of tools it has seen."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference
        self._kept: dict[str, Vector] = {}

    async def cosines(self, texts: Sequence[str], tools: Sequence[ReadTool]) -> list[list[float]] | None:
        """[texts, tools] cosines of requests, or parts of one, and tools; None where the embedder is not served."""
        asked = await self._inference.embed(EMBEDDER, [text[:_MOST_CHARS] for text in texts], passages=False)
        known = await self._vectors_of(tools)
        if asked is None or known is None:
            return None
        return [[sum(map(mul, vector, tool)) for tool in known] for vector in asked]

    async def _vectors_of(self, tools: Sequence[ReadTool]) -> list[Vector] | None:
        lines = [f"{split_identifier(tool.name).lower()}: {tool.description[:_MOST_CHARS]}" for tool in tools]
        unknown = [line for line in dict.fromkeys(lines) if line not in self._kept]
        if unknown:
            vectors = await self._inference.embed(EMBEDDER, unknown, passages=True)
            if vectors is None:
                return None
            if len(self._kept) > _KEPT_TOOLS:
                self._kept.clear()
            self._kept.update(zip(unknown, vectors, strict=True))
        return [self._kept[line] for line in lines]
