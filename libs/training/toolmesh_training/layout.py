"""From dialogues to token sequences: picks a layout, tokenises each piece by itself, counts what does not fit."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from toolmesh_core.errors import InvalidInput
from toolmesh_dialogues.dialogue import Dialogue
from toolmesh_training.chat_format import ChatFormat
from toolmesh_training.controller_layout import ControllerLayout, Shares
from toolmesh_training.dialogue_layout import dialogue_texts
from toolmesh_training.training_text import LossWeights, TrainingText

Layout = Literal["controller", "dialogue"]
LAYOUTS: tuple[Layout, ...] = ("controller", "dialogue")
Tokenise = Callable[[str], Sequence[int]]


@dataclass(frozen=True, slots=True)
class TokenSequence:
    """Token ids with the weight of each."""

    ids: tuple[int, ...]
    weights: tuple[float, ...]


@dataclass(slots=True)
class LaidOut:
    """The sequences of some dialogues, and how many teach what; `too_long` were left out."""

    sequences: list[TokenSequence] = field(default_factory=list)
    teaches: Counter[str] = field(default_factory=Counter)
    too_long: int = 0

    @property
    def tokens(self) -> int:
        """Of all sequences together."""
        return sum(len(each.ids) for each in self.sequences)


@dataclass(frozen=True, slots=True)
class LayoutSettings:
    """How dialogues become sequences.

    Attributes:
        shares: see ControllerLayout.
        sequence_tokens: longer sequences are left out and counted, since a cut one would lose its end, which is
            what it teaches.
    """

    layout: Layout = "controller"
    weights: LossWeights = field(default_factory=LossWeights)
    shares: Shares = field(default_factory=Shares)
    sequence_tokens: int = 512


def lay_out(dialogues: Iterable[Dialogue], chat: ChatFormat, tokenise: Tokenise, settings: LayoutSettings) -> LaidOut:
    """All sequences of the dialogues, in order. Raises InvalidInput where none is left."""
    out = asyncio.run(_laid_out(dialogues, chat, tokenise, settings))
    if not out.sequences:
        raise InvalidInput(
            f"the data has nothing to learn under the layout '{settings.layout}' in at most "
            f"{settings.sequence_tokens} tokens ({out.too_long} sequences were longer)"
        )
    return out


async def _laid_out(
    dialogues: Iterable[Dialogue], chat: ChatFormat, tokenise: Tokenise, settings: LayoutSettings
) -> LaidOut:
    out = LaidOut()
    by_controller = ControllerLayout(chat, settings.weights, settings.shares)
    for dialogue in dialogues:
        if settings.layout == "dialogue":
            texts = list(dialogue_texts(dialogue, chat, settings.weights))
        else:
            texts = [text async for text in by_controller.texts(dialogue)]
        for text in texts:
            sequence = encode(text, tokenise)
            if len(sequence.ids) > settings.sequence_tokens:
                out.too_long += 1
            elif any(sequence.weights[1:]):
                out.sequences.append(sequence)
                out.teaches[text.teaches] += 1
    return out


def encode(text: TrainingText, tokenise: Tokenise) -> TokenSequence:
    """Token by token. Pieces are tokenised apart, as an engine reads a prompt first and then writes on."""
    ids: list[int] = []
    weights: list[float] = []
    for piece in text.pieces:
        found = tokenise(piece.text)
        ids += found
        weights += [piece.weight] * len(found)
    return TokenSequence(tuple(ids), tuple(weights))
