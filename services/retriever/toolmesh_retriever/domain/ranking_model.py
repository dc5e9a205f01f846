"""A small network that turns features of clause and tool into the probability that the tool is right."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from toolmesh_retriever.domain.tool_index import Floats


@dataclass(frozen=True, slots=True, eq=False)
class RankingNetwork:
    """One hidden layer and a straight connection past it.

    Attributes:
        mean, scale: [features], to standardise.
        hidden_weights: [features, hidden]; hidden_bias: [hidden]; output_weights: [hidden].
        straight_weights: [features].
    """

    mean: Floats
    scale: Floats
    hidden_weights: Floats
    hidden_bias: Floats
    output_weights: Floats
    straight_weights: Floats
    bias: float

    def logits(self, features: Floats) -> Floats:
        """[..., features] to [...]."""
        standard = standardised(features, self.mean, self.scale)
        hidden = np.maximum(standard @ self.hidden_weights + self.hidden_bias, 0)
        return hidden @ self.output_weights + standard @ self.straight_weights + self.bias

    def probabilities(self, features: Floats) -> Floats:
        """[clauses, tools, features] to [tools]: a tool is as right as it is for the clause it fits best."""
        best: Floats = self.logits(features).max(axis=0)
        return 1 / (1 + np.exp(-np.clip(best, -30, 30)))

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "RankingNetwork":
        """Reads what as_json wrote."""
        arrays = {name: np.array(values[name], dtype=float) for name in _ARRAYS}
        return cls(bias=float(values["bias"]), **arrays)

    def as_json(self) -> dict[str, Any]:
        """Plain lists, rounded to four digits: more change nothing that can be measured."""
        lists = {name: np.round(getattr(self, name), 4).tolist() for name in _ARRAYS}
        return {**lists, "bias": round(self.bias, 4)}


def standardised(features: Floats, mean: Floats, scale: Floats) -> Floats:
    """Features around 0; far ones are cut off, since nothing was learned there."""
    return np.clip((features - mean) / scale, -_FARTHEST, _FARTHEST)


_FARTHEST = 4.0
_ARRAYS = ("mean", "scale", "hidden_weights", "hidden_bias", "output_weights", "straight_weights")


@dataclass(frozen=True, slots=True, eq=False)
class RankingModel:
    """`lexical` weighs words alone; `hybrid` weighs words and meaning."""

    lexical: RankingNetwork
    hybrid: RankingNetwork

    @classmethod
    def from_text(cls, text: str) -> "RankingModel":
        """Reads tool_ranking.json."""
        values = json.loads(text)
        return cls(RankingNetwork.from_json(values["lexical"]), RankingNetwork.from_json(values["hybrid"]))
