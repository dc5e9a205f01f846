"""A gallery of tools with lexical search: which tools are near a request, which are near each other."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from toolmesh_dialogues.gallery.gallery_tool import GalleryTool
from toolmesh_dialogues.held_back import is_held_back
from toolmesh_dialogues.values.names import name_words

_NEIGHBOURS = 12
# Words in more than this share of the tools tell none of them apart.
_COMMON_SHARE = 0.2


class Gallery:
    def __init__(self, tools: Iterable[GalleryTool]) -> None:
        self.tools: tuple[GalleryTool, ...] = tuple(tools)
        self._words = [_words(tool) for tool in self.tools]
        found = Counter(word for words in self._words for word in words)
        self._weight = {word: math.log(1 + len(self.tools) / count) for word, count in found.items()}
        most = max(3, int(len(self.tools) * _COMMON_SHARE))
        self._by_word: dict[str, list[int]] = defaultdict(list)
        for number, words in enumerate(self._words):
            for word in sorted(words):
                if found[word] <= most:
                    self._by_word[word].append(number)
        self._near: dict[int, tuple[GalleryTool, ...]] = {}
        self._number = {tool.base_name: number for number, tool in enumerate(self.tools)}

    def parted(self) -> tuple["Gallery", "Gallery"]:
        """The tools for training, and the ones held back."""
        held_back = [tool for tool in self.tools if is_held_back(tool.base_name)]
        return Gallery(tool for tool in self.tools if not is_held_back(tool.base_name)), Gallery(held_back)

    def near(self, base_name: str) -> tuple[GalleryTool, ...]:
        """The tools whose words are nearest to those of the tool of that name, nearest first, without itself."""
        number = self._number[base_name]
        if number not in self._near:
            scores = self._scores(self._words[number])
            scores.pop(number, None)
            best = sorted(scores, key=lambda other: (-scores[other], other))[:_NEIGHBOURS]
            self._near[number] = tuple(self.tools[other] for other in best)
        return self._near[number]

    def ranked(self, request: str, tools: Sequence[GalleryTool]) -> list[GalleryTool]:
        """Tools in the order in which a lexical search for the request would list them."""
        asked = set(name_words(request))

        def score(tool: GalleryTool) -> float:
            words = _words(tool)
            return -sum(self._weight.get(word, 1.0) for word in sorted(words & asked)) / math.sqrt(len(words) + 4)

        return sorted(tools, key=lambda tool: (score(tool), tool.name))

    def _scores(self, words: frozenset[str]) -> dict[int, float]:
        scores: dict[int, float] = defaultdict(float)
        for word in sorted(words):
            for number in self._by_word.get(word, ()):
                scores[number] += self._weight[word]
        return scores


def _words(tool: GalleryTool) -> frozenset[str]:
    names = [word for item in tool.parameters for word in name_words(item.name)]
    return frozenset((*name_words(tool.name), *name_words(tool.description), *names))
