"""Fitting a prompt to the model's context, by one stated rule.

The fixed text and the request always stay. If the rest is too much, these go, in this order, until it fits:
1. messages of the history, the oldest first;
2. the middle of tool results, each cut to an even share of the room, never below MIN_RESULT_TOKENS;
3. candidates, the worst first, never the best one.
The room is the context less RESERVED_TOKENS for the answer. Tokens are counted by the model only where the length in
bytes, which no tokeniser exceeds, leaves doubt: a prompt that is short enough in bytes costs no call.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from toolmesh_controller.domain.conversation import ContextCut

MIN_RESULT_TOKENS = 64
# Chat templates put a few tokens around each message.
MESSAGE_TOKENS = 8
CUT_MARK = "\n[… cut …]\n"


@dataclass(frozen=True, slots=True)
class Sizes:
    """Tokens of each piece of a prompt; history oldest first, candidates best first."""

    fixed: int
    history: Sequence[int] = ()
    results: Sequence[int] = ()
    candidates: Sequence[int] = ()

    @property
    def total(self) -> int:
        return self.fixed + sum(self.history) + sum(self.results) + sum(self.candidates)


@dataclass(frozen=True, slots=True)
class Fitting:
    """How much of each piece stays: history from `history_from`, the first `candidates`, tokens of each result."""

    history_from: int
    candidates: int
    results: tuple[int, ...]
    cut: ContextCut = field(default_factory=ContextCut)
    fits: bool = True


def fit(sizes: Sizes, room: int) -> Fitting:
    """What stays of a prompt in `room` tokens; `fits` is False where even the fixed part and the request do not."""
    over = sizes.total - room
    history_from = 0
    while over > 0 and history_from < len(sizes.history):
        over -= sizes.history[history_from]
        history_from += 1
    results = list(sizes.results)
    if over > 0 and results:
        results = _shares(results, max(sum(results) - over, 0))
        over -= sum(sizes.results) - sum(results)
    kept = len(sizes.candidates)
    while over > 0 and kept > 1:
        kept -= 1
        over -= sizes.candidates[kept]
    cut = ContextCut(history_from, len(sizes.candidates) - kept, sum(sizes.results) - sum(results))
    return Fitting(history_from, kept, tuple(results), cut, over <= 0)


def cut_middle(text: str, tokens: int, keep: int) -> str:
    """`text` of `tokens` tokens with its middle left out, so that about `keep` stay: the same share of characters."""
    if keep >= tokens or tokens == 0:
        return text
    characters = max(0, int(len(text) * keep / tokens * 0.9) - len(CUT_MARK))
    head = characters * 2 // 3
    tail = characters - head
    return text[:head] + CUT_MARK + (text[-tail:] if tail else "")


def byte_bound(texts: Sequence[str]) -> int:
    """A number of tokens that the texts cannot exceed in any tokeniser that works on bytes."""
    return sum(len(text.encode()) + MESSAGE_TOKENS for text in texts)


def _shares(sizes: list[int], room: int) -> list[int]:
    """Sizes cut to fit the room: small ones stay whole, the others get an even share."""
    shares = list(sizes)
    left, open_ones = room, sorted(range(len(sizes)), key=lambda at: sizes[at])
    while open_ones:
        share = max(left // len(open_ones), MIN_RESULT_TOKENS)
        at = open_ones.pop(0)
        shares[at] = min(sizes[at], share)
        left -= shares[at]
    return shares
