"""One request, read once: its words, its mentions, its spans. What filling and choosing both look at."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from toolmesh_controller.domain.copying import Unit, units_of
from toolmesh_controller.domain.mentions import Mention, find_mentions
from toolmesh_controller.domain.words import tokens, word_set

# Tuned on Seal-Tools dev: which number belongs to which parameter.
FOREIGN_SHARE = 0.2
AFTER_PENALTY = 2.5
CLAUSE_COST = 1
# Beyond this a word says nothing about a mention.
FAR_CHARS = 300
_CLAUSE_END = re.compile(r"[,;.!?，。；！？]|\band\b")


@dataclass(frozen=True, eq=False)
class RequestText:
    """Made by `request_text`, which keeps the last few: the steps of one run read the same request again."""

    text: str

    @cached_property
    def mentions(self) -> tuple[Mention, ...]:
        return find_mentions(self.text)

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        return units_of(self.text)

    @property
    def words(self) -> frozenset[str]:
        return word_set(self.text)

    @cached_property
    def unit_words(self) -> tuple[frozenset[str], ...]:
        """The stemmed words of each unit; empty for stop words."""
        return tuple(frozenset(tokens(unit.text)) for unit in self.units)

    def affinity(self, mention: Mention, named: frozenset[str], described: frozenset[str]) -> float:
        """How near the words of a parameter stand to a mention: 2 for its name's, 1 for its description's, less with
        distance. A word counts for the mention of this kind it is nearest to, rather the next than the last one
        ("a base of 10 and a height of 5", but also "5 units of height")."""
        owners = self._owners[mention.kind]
        at_mention = self._peers(mention.kind).index(mention)
        best: dict[str, float] = {}
        for (owner, distance), words in zip(owners, self.unit_words, strict=True):
            for word in words & (named | described) if words else ():
                share = 1.0 if owner == at_mention else FOREIGN_SHARE if abs(owner - at_mention) == 1 else 0.0
                weight = share * (2.0 if word in named else 1.0) / (1.0 + 0.25 * distance)
                best[word] = max(best.get(word, 0.0), weight)
        return sum(best.values())

    @cached_property
    def _owners(self) -> dict[str, list[tuple[int, float]]]:
        """By kind of mention: for each unit, the mention it belongs to and how far off that is."""
        kinds = {mention.kind for mention in self.mentions}
        return {kind: [self._owner(at, self._peers(kind)) for at in range(len(self.units))] for kind in kinds}

    def _owner(self, at: int, peers: Sequence[Mention]) -> tuple[int, float]:
        unit, nearest = self.units[at], (0, float("inf"))
        for index, mention in enumerate(peers):
            if unit.end <= mention.start:
                distance = self._units_between(unit.end, mention.start)
            elif mention.end <= unit.start:
                distance = AFTER_PENALTY * self._units_between(mention.end, unit.start)
            else:
                distance = 0.0
            if distance < nearest[1]:
                nearest = (index, distance)
        return nearest

    def _units_between(self, start: int, end: int) -> float:
        if end - start > FAR_CHARS:
            return float(FAR_CHARS)
        first = bisect_left(self._unit_starts, start)
        last = bisect_left(self._unit_starts, end)
        return last - first + CLAUSE_COST * len(_CLAUSE_END.findall(self.text, start, end))

    @cached_property
    def _unit_starts(self) -> list[int]:
        return [unit.start for unit in self.units]

    def _peers(self, kind: str) -> list[Mention]:
        return [mention for mention in self.mentions if mention.kind == kind]


@lru_cache(maxsize=256)
def request_text(text: str) -> RequestText:
    return RequestText(text)
