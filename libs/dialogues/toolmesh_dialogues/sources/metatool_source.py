"""MetaTool's queries as dialogues in which the right tool is chosen; its tools take no arguments."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from random import Random

import orjson

from toolmesh_core.errors import InvalidInput
from toolmesh_dialogues.dialogue import Dialogue, DialogueCall, DialogueMessage
from toolmesh_dialogues.gallery.gallery import Gallery
from toolmesh_dialogues.gallery.gallery_tool import GalleryTool
from toolmesh_dialogues.held_back import is_held_back

SOURCE = "metatool"
_DISTRACTORS = 4
# A few tools have a thousand queries each; more than this teaches their names, not choosing.
_MOST_QUERIES_A_TOOL = 8


class MetaToolSource:
    """Reads `queries.csv` and the descriptions of a folder. `left_out` counts queries for tools without description."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.left_out = 0
        self._folder = folder
        self._seed = seed
        described: dict[str, str] = {}
        for name in ("plugin_des.json", "big_tool_des.json"):
            described |= orjson.loads((folder / name).read_bytes())
        tools = (GalleryTool(name, name, str(about), ()) for name, about in described.items())
        self._gallery = Gallery(tools)
        self._tools = {tool.name: tool for tool in self._gallery.tools}

    def dialogues(self) -> Iterator[tuple[Dialogue, tuple[str, ...]]]:
        """Each dialogue with the name of its tool."""
        by_tool: dict[str, list[str]] = defaultdict(list)
        with (self._folder / "queries.csv").open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.DictReader(file), 2):
                if not row.get("Query") or not row.get("Tool"):
                    raise InvalidInput(f"{self._folder / 'queries.csv'}:{number}: needs a Query and a Tool, got {row}")
                by_tool[row["Tool"]].append(row["Query"])
        for name, queries in by_tool.items():
            if name not in self._tools:
                self.left_out += len(queries)
                continue
            rng = Random(f"{self._seed}/{name}")
            unlike = list(dict.fromkeys(queries))
            for number, query in enumerate(rng.sample(unlike, min(len(unlike), _MOST_QUERIES_A_TOOL)), 1):
                yield self._dialogue(rng, self._tools[name], query, number), (name,)

    def _dialogue(self, rng: Random, tool: GalleryTool, query: str, number: int) -> Dialogue:
        near = list(self._gallery.near(tool.base_name))
        others = rng.sample(near, min(len(near), 2)) + rng.choices(self._gallery.tools, k=_DISTRACTORS)
        side = is_held_back(tool.name)
        names = dict.fromkeys(one.name for one in others if is_held_back(one.name) == side)
        distractors = [name for name in names if name != tool.name]
        shown = self._gallery.ranked(query, [tool, *(self._tools[name] for name in distractors[:_DISTRACTORS])])
        call = DialogueCall("call_1", tool.name, {})
        messages = (DialogueMessage("user", query), DialogueMessage("assistant", "", (call,)))
        tools = tuple(one.shown() for one in shown)
        return Dialogue(f"{SOURCE}-{tool.name}-{number}", "common_api", "en", SOURCE, tools, messages)
