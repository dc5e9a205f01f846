"""How well a tool's words cover a request's: used where no retriever scored the candidates, and beside it for parts.

A word counts by its rarity among the candidates (one that all of them have tells nothing apart) and by where the tool
says it: its name above its description above its parameters.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from toolmesh_controller.domain.conversation import Candidate
from toolmesh_controller.domain.tool_schema import Parameter
from toolmesh_controller.domain.words import split_identifier, word_set

NAME_WEIGHT = 1.0
DESCRIPTION_WEIGHT = 0.75
PARAMETER_WEIGHT = 0.4
EXAMPLE_WEIGHT = 0.6
# What a word weighs that no candidate has: names and values mostly, which speak for no tool and against none.
UNKNOWN_WORD = 0.35


@dataclass(frozen=True, slots=True)
class ToolWords:
    """A tool's words with the weight of the best place each stands in."""

    name: frozenset[str]
    weights: dict[str, float]


@lru_cache(maxsize=4096)
def tool_words(name: str, description: str, parameters: str, examples: str = "") -> ToolWords:
    """The words of a tool; `parameters` holds their names and descriptions in one text."""
    named = word_set(split_identifier(name))
    weights: dict[str, float] = {}
    for words, weight in (
        (word_set(parameters), PARAMETER_WEIGHT),
        (word_set(examples), EXAMPLE_WEIGHT),
        (word_set(description), DESCRIPTION_WEIGHT),
        (named, NAME_WEIGHT),
    ):
        weights.update({word: max(weight, weights.get(word, 0.0)) for word in words})
    return ToolWords(named, weights)


def words_of(candidate: Candidate, parameters: Sequence[Parameter]) -> ToolWords:
    spoken = " ".join(f"{split_identifier(item.name)} {item.description}" for item in parameters)
    return tool_words(candidate.name, candidate.description, spoken, " ".join(candidate.examples))


def lexical_scores(request: frozenset[str], tools: Sequence[ToolWords]) -> list[float]:
    """One score a tool, 0 (no word in common) to about 1 (every telling word of the request, in the tool's name)."""
    rarity = {word: _rarity(word, tools) for word in request}
    total = sum(rarity.values())
    if total == 0.0:
        return [0.0] * len(tools)
    scores = []
    for tool in tools:
        covered = sum(rarity[word] * tool.weights.get(word, 0.0) for word in request)
        named = len(request & tool.name) / len(tool.name) if tool.name else 0.0
        scores.append(0.5 * covered / total + 0.5 * named)
    return scores


def _rarity(word: str, tools: Sequence[ToolWords]) -> float:
    holding = sum(1 for tool in tools if word in tool.weights)
    return math.log((len(tools) + 1.0) / (holding + 0.5)) if holding else UNKNOWN_WORD


# What a word weighs that no candidate has: names and values mostly, which speak for no tool, against none.
UNKNOWN_WORD = 0.35
