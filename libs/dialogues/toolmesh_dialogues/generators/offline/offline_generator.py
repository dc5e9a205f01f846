"""The offline generator: picks a plot and tools, plays it, adds distractors."""

from collections.abc import Iterator, Sequence
from random import Random

from toolmesh_core.errors import InvalidInput
from toolmesh_dialogues.dialogue import Dialogue, Kind, Language
from toolmesh_dialogues.gallery.gallery import Gallery
from toolmesh_dialogues.gallery.gallery_tool import GalleryTool
from toolmesh_dialogues.generators.offline.plots import PLOTS, Plot, Scene, chat, dependent_calls, impossible
from toolmesh_dialogues.generators.offline.script import Script
from toolmesh_dialogues.generators.offline.tool_variants import variant

_CHINESE_SHARE = 0.2
# Of requests, how many are for tools with templates of their own, which read better than described ones.
_TEMPLATED_SHARE = 0.6
_MOST_TOOLS_SHOWN = 8


class OfflineGenerator:
    source = "offline"

    def dialogues(self, gallery: Gallery, seed: int) -> Iterator[Dialogue]:
        """Dialogues without end. Raises InvalidInput for a gallery without tools."""
        if not gallery.tools:
            raise InvalidInput("the gallery holds no tools to make dialogues about: give more with --gallery")
        stage = _Stage(gallery)
        number = 0
        while True:
            number += 1
            # A generator of its own for each dialogue: one more draw in one changes no other.
            dialogue = stage.play(Random(f"{seed}/{number}"), f"offline-{seed}-{number}")
            if dialogue:
                yield dialogue


class _Stage:
    def __init__(self, gallery: Gallery) -> None:
        self._gallery = gallery
        self._templated: dict[Language, list[GalleryTool]] = {
            "en": [tool for tool in gallery.tools if tool.requests.get("en")],
            "zh": [tool for tool in gallery.tools if tool.requests.get("zh")],
        }
        self._linked: dict[str, list[GalleryTool]] = {}

    def play(self, rng: Random, name: str) -> Dialogue | None:
        """One dialogue, or None where the plot does not suit the tool."""
        language: Language = "zh" if self._templated["zh"] and rng.random() < _CHINESE_SHARE else "en"
        (plot, _, kind) = rng.choices(PLOTS, [weight for _, weight, _ in PLOTS])[0]
        tools = [variant(rng, tool, language) for tool in self._cast(rng, plot, language)]
        if len({tool.name for tool in tools}) < len(tools):
            return None
        scene = Scene(rng, language, tools, Script(rng, language))
        if not plot(scene):
            return None
        called = {call.tool for message in scene.script.messages for call in message.tool_calls}
        right = [tool for tool in tools if tool.name in called]
        if not called and plot not in (impossible, chat):
            right = [tools[0]]
        shown = self._shown(rng, right, tools, scene.script.messages[0].content, language)
        return Dialogue(
            name,
            kind or _kind(right),
            language,
            OfflineGenerator.source,
            tuple(tool.shown() for tool in shown),
            tuple(scene.script.messages),
        )

    def _cast(self, rng: Random, plot: Plot, language: Language) -> list[GalleryTool]:
        first = self._pick(rng, language)
        if plot is dependent_calls:
            return [first, *(self._pick(rng, language) for _ in range(5))]
        second = self._pick(rng, language)
        return [first] if second.base_name == first.base_name else [first, second]

    def _pick(self, rng: Random, language: Language) -> GalleryTool:
        templated = self._templated[language]
        if templated and (language == "zh" or rng.random() < _TEMPLATED_SHARE):
            return rng.choice(templated)
        return rng.choice(self._gallery.tools)

    def _shown(
        self, rng: Random, right: Sequence[GalleryTool], cast: Sequence[GalleryTool], request: str, language: Language
    ) -> list[GalleryTool]:
        """The right tools among distractors, in the order in which a search for the request would list them."""
        count = rng.choice((1, 2, 3, 3, 4, 4, 5, 6, _MOST_TOOLS_SHOWN))
        known = self._gallery.tools
        # Where nothing fits, the nearest tools might: then the distractors come from elsewhere.
        centre = cast[0].base_name if right else rng.choice(known).base_name
        near = list(self._gallery.near(centre))
        others = rng.sample(near, min(len(near), count)) + rng.choices(known, k=3)
        taken, names = {tool.base_name for tool in cast}, {tool.name for tool in right}
        shown = list(right)
        for tool in others:
            candidate = variant(rng, tool, language)
            if len(shown) < max(count, len(right)) and tool.base_name not in taken and candidate.name not in names:
                taken.add(tool.base_name)
                names.add(candidate.name)
                shown.append(candidate)
        return self._gallery.ranked(request, shown)


def _kind(tools: Sequence[GalleryTool]) -> Kind:
    return "model_api" if any(tool.is_model for tool in tools) else "common_api"
