"""Seal-Tools' dev part as dialogues: values typed as declared, results made up, references followed."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import orjson

from toolmesh_core.errors import InvalidInput
from toolmesh_dialogues.dialogue import Dialogue
from toolmesh_dialogues.gallery.gallery import Gallery
from toolmesh_dialogues.gallery.gallery_file import read_gallery
from toolmesh_dialogues.gallery.gallery_tool import GalleryTool
from toolmesh_dialogues.generators.offline.script import Script
from toolmesh_dialogues.held_back import is_held_back
from toolmesh_dialogues.sources.typed import Untypable, typed

SOURCE = "seal-tools"
_REFERENCE = re.compile(r"API_call_\d+")
_DISTRACTORS = 4


class SealToolsSource:
    """Reads `tool.jsonl` and `dev.jsonl` of a folder. `left_out` counts the queries whose calls could not be mended."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.left_out = 0
        self._folder = folder
        self._seed = seed
        self._gallery = Gallery(read_gallery(folder / "tool.jsonl"))
        self._tools = {tool.name: tool for tool in self._gallery.tools}

    def dialogues(self) -> Iterator[tuple[Dialogue, tuple[str, ...]]]:
        """Each dialogue with the names of the tools that it calls."""
        path = self._folder / "dev.jsonl"
        for number, line in enumerate(path.read_bytes().splitlines(), 1):
            try:
                record = orjson.loads(line)
                calls = [(self._tools[call["api"]], call) for call in record["calling"]]
                name = str(record["id"])
            except (orjson.JSONDecodeError, KeyError, TypeError) as error:
                raise InvalidInput(f"{path}:{number}: not a query of Seal-Tools: {error}") from error
            script = Script(Random(f"{self._seed}/{name}"), "en")
            script.user(str(record["query"]))
            try:
                self._play(script, calls)
            except Untypable:
                self.left_out += 1
                continue
            yield self._dialogue(f"{SOURCE}-{name}", script, [tool for tool, _ in calls], str(record["query"]))

    def _play(self, script: Script, calls: Sequence[tuple[GalleryTool, Mapping[str, Any]]]) -> None:
        """Calls that wait for no result go out together; a call that refers to one waits for it."""
        known: dict[str, Any] = {}
        results: list[tuple[GalleryTool, dict[str, Any]]] = []
        waiting = list(calls)
        while waiting:
            ready = [call for call in waiting if _references(call[1]) <= known.keys()]
            if not ready:
                raise Untypable("a reference to a call that does not come before")
            waiting = [call for call in waiting if call not in ready]
            made = [(tool, _arguments(tool, call, known)) for tool, call in ready]
            for (tool, call), result in zip(ready, script.call(*made), strict=True):
                known |= dict(zip(call.get("responses", ()), result.values(), strict=False))
                results.append((tool, result))
        script.assistant(" ".join(script.answer_for(tool, result) for tool, result in results))

    def _dialogue(
        self, name: str, script: Script, called: Sequence[GalleryTool], query: str
    ) -> tuple[Dialogue, tuple[str, ...]]:
        right = list({tool.name: tool for tool in called}.values())
        names = {tool.name for tool in right}
        side = any(is_held_back(name) for name in names)
        near = [other for tool in right for other in self._gallery.near(tool.base_name) if other.name not in names]
        near = [other for other in near if is_held_back(other.name) == side]
        distractors = list({tool.name: tool for tool in near}.values())[:_DISTRACTORS]
        shown = self._gallery.ranked(query, [*right, *distractors])
        tools = tuple(tool.shown() for tool in shown)
        return Dialogue(name, "common_api", "en", SOURCE, tools, tuple(script.messages)), tuple(sorted(names))


def _references(call: Mapping[str, Any]) -> set[str]:
    return {found for value in call["parameters"].values() for found in _REFERENCE.findall(str(value))}


def _arguments(tool: GalleryTool, call: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    given = call["parameters"]
    strange = given.keys() - {item.name for item in tool.parameters}
    if strange:
        raise Untypable(f"{tool.name} has no parameter {sorted(strange)}")
    arguments: dict[str, Any] = {}
    for item in tool.parameters:
        if item.name in given:
            reference = _REFERENCE.search(str(given[item.name]))
            value = known[reference[0]] if reference else given[item.name]
            arguments[item.name] = typed(value, item.schema)
    return arguments
