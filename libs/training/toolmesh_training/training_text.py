"""What is trained on: pieces of text with weights, told apart by who speaks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from toolmesh_core.errors import InvalidInput

# llama.cpp and transformers break text into tokens piece by piece, so a piece is the smallest thing that is tokenised.
UNLEARNED = 0.0


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text; `weight` 0 is read, more than 0 is learned. Each piece is tokenised by itself."""

    text: str
    weight: float


@dataclass(frozen=True, slots=True)
class TrainingText:
    """One sequence, and what it teaches: a choice, an argument, a report, an answer or a whole dialogue."""

    pieces: tuple[Piece, ...]
    teaches: str = ""

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class LossWeights:
    """The paper's weights: user and tool results are not learned, text counts 1, the text of tool calls 2."""

    text: float = 1.0
    call: float = 2.0

    def __post_init__(self) -> None:
        for name, value in (("text", self.text), ("call", self.call)):
            if not 0.0 <= value < float("inf"):
                raise InvalidInput(f"weights: {name} must be 0 or more, got {value}", field="weights")
        if self.text == self.call == 0.0:
            raise InvalidInput("weights: text and call are both 0, so nothing would be learned", field="weights")

    @classmethod
    def read(cls, said: str) -> "LossWeights":
        """From "text=1,call=2"; what is left out keeps its default."""
        values: dict[str, float] = {}
        for pair in filter(None, (part.strip() for part in said.split(","))):
            name, _, number = pair.partition("=")
            if name.strip() not in ("text", "call"):
                raise InvalidInput(f'weights: "{pair}" is unknown; write text=1,call=2', field="weights")
            try:
                values[name.strip()] = float(number)
            except ValueError as error:
                raise InvalidInput(
                    f'weights: "{number}" is not a number; write text=1,call=2', field="weights"
                ) from error
        return cls(**values)


def joined(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """The pieces without empty ones, and neighbours that are both unlearned as one."""
    kept: list[Piece] = []
    for piece in pieces:
        if not piece.text:
            continue
        if kept and kept[-1].weight == piece.weight == UNLEARNED:
            kept[-1] = Piece(kept[-1].text + piece.text, UNLEARNED)
        else:
            kept.append(piece)
    return tuple(kept)


def learns(pieces: Sequence[Piece]) -> bool:
    """Whether any piece is learned."""
    return any(piece.weight > UNLEARNED for piece in pieces)
