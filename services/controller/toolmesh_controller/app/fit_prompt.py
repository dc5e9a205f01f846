"""Fits the pieces of a prompt to a model's context; asks for token counts only where bytes leave doubt."""

from collections.abc import Sequence
from dataclasses import dataclass

from toolmesh_controller.app.ports import Inference, ModelInfo
from toolmesh_controller.domain.conversation import ContextCut
from toolmesh_controller.domain.fit_context import MESSAGE_TOKENS, Fitting, Sizes, byte_bound, fit
from toolmesh_core.errors import InvalidInput

_KEPT_COUNTS = 4096
CONTEXT_TOO_SMALL = "CONTEXT_TOO_SMALL"


@dataclass(frozen=True, slots=True)
class Pieces:
    """Texts of a prompt by what may be cut; history oldest first, candidates best first."""

    fixed: Sequence[str]
    history: Sequence[str] = ()
    results: Sequence[str] = ()
    candidates: Sequence[str] = ()

    def all(self) -> list[str]:
        return [*self.fixed, *self.history, *self.results, *self.candidates]


class FitPrompt:
    """Applies the rule of domain/fit_context.py; keeps the counts of texts it has seen."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference
        self._counts: dict[tuple[str, str], int] = {}

    async def __call__(self, model: ModelInfo, pieces: Pieces, reserved: int) -> tuple[Fitting, list[int]]:
        """What stays, and the tokens of each result (0 where nothing had to be counted).

        Raises InvalidInput where the fixed text and the request alone are over the context.
        """
        room = model.context_tokens - reserved
        if byte_bound(pieces.all()) <= room:
            kept = Fitting(0, len(pieces.candidates), tuple(0 for _ in pieces.results), ContextCut())
            return kept, [0] * len(pieces.results)
        counts = iter(await self._count(model.id, pieces.all()))
        groups = [[next(counts) for _ in group] for group in (pieces.fixed, pieces.history, pieces.results)]
        sizes = Sizes(sum(groups[0]), groups[1], groups[2], list(counts))
        fitting = fit(sizes, room)
        if not fitting.fits:
            raise InvalidInput(
                f"the request needs {sizes.fixed} tokens or more, and model '{model.id}' has room for {room}: "
                "send a shorter request",
                reason=CONTEXT_TOO_SMALL,
                field="messages",
            )
        return fitting, groups[2]

    async def _count(self, model: str, texts: Sequence[str]) -> list[int]:
        unknown = [text for text in dict.fromkeys(texts) if (model, text) not in self._counts]
        if unknown:
            counted = await self._inference.count_tokens(model, unknown)
            if len(self._counts) > _KEPT_COUNTS:
                self._counts.clear()
            self._counts.update({(model, text): count for text, count in zip(unknown, counted, strict=True)})
        return [self._counts.get((model, text), len(text.encode())) + MESSAGE_TOKENS for text in texts]
