"""Which made call is compared with which right one, where there are several."""

from collections.abc import Sequence
from itertools import permutations

from toolmesh_dialogues.dialogue import DialogueCall
from toolmesh_evaluation.metrics.same_value import same_value

# Beyond so many calls of one tool the best pairing is not searched but taken greedily.
MOST_PERMUTED = 6
Pair = tuple[DialogueCall, DialogueCall]


def pair_calls(gold: Sequence[DialogueCall], made: Sequence[DialogueCall]) -> list[Pair]:
    """Pairs of calls of the same tool, so that as many argument values as possible agree."""
    pairs: list[Pair] = []
    for tool in dict.fromkeys(call.tool for call in gold):
        rights = [call for call in gold if call.tool == tool]
        others = [call for call in made if call.tool == tool]
        pairs += _best(rights, others) if max(len(rights), len(others)) <= MOST_PERMUTED else _greedy(rights, others)
    return pairs


def matched(gold: DialogueCall, made: DialogueCall) -> tuple[int, int]:
    """Half matches (the argument is there, with another value) and full matches of one pair."""
    shared = [name for name in gold.arguments if name in made.arguments]
    full = sum(same_value(gold.arguments[name], made.arguments[name]) for name in shared)
    return len(shared) - full, full


def _worth(pairs: Sequence[Pair]) -> float:
    counts = [matched(*pair) for pair in pairs]
    return sum(0.5 * half + full for half, full in counts)


def _best(gold: list[DialogueCall], made: list[DialogueCall]) -> list[Pair]:
    count = min(len(gold), len(made))
    if count == 0:
        return []
    if len(gold) <= len(made):
        options = [list(zip(gold, order, strict=True)) for order in permutations(made, count)]
    else:
        options = [list(zip(order, made, strict=True)) for order in permutations(gold, count)]
    return max(options, key=_worth)


def _greedy(gold: list[DialogueCall], made: list[DialogueCall]) -> list[Pair]:
    left, pairs = list(made), list[Pair]()
    for right in gold:
        if left:
            best = max(left, key=lambda call: _worth([(right, call)]))
            left.remove(best)
            pairs.append((right, best))
    return pairs
