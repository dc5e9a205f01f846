"""Requests from templates: `{name}` a spoken value, `{name=json}` a fixed one, `[...]` a part that may be left out,
`(a|b)` a choice, `@word` a group of synonyms."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from toolmesh_dialogues.dialogue import Language
from toolmesh_dialogues.gallery.gallery_tool import GalleryTool, Parameter
from toolmesh_dialogues.values.draw import draw_value
from toolmesh_dialogues.values.spoken_value import SpokenValue

_SLOT = re.compile(r"\{(\w+)(?:=([^}]*))?\}")
_PART = re.compile(r"\[([^\[\]]*)\]")
_CHOICE = re.compile(r"\(([^()]*\|[^()]*)\)")
_SYNONYMS = {
    "@calc": "(calculate|work out|compute|find|determine|figure out)",
    "@get": "(get|find|look up|check|show|tell me)",
    "@make": "(create|make|set up|add)",
}


@dataclass(frozen=True, slots=True)
class Rendered:
    """A request's text, and the spoken values of the arguments that it names."""

    text: str
    spoken: Mapping[str, SpokenValue]

    def arguments(self, tool: GalleryTool) -> dict[str, Any]:
        """The arguments in the order of the tool's parameters."""
        return {item.name: self.spoken[item.name].value for item in tool.parameters if item.name in self.spoken}


def render(
    rng: Random,
    template: str,
    tool: GalleryTool,
    language: Language,
    *,
    given: Mapping[str, SpokenValue] | None = None,
    left_out: str = "",
) -> Rendered:
    """One request out of a template.

    Args:
        given: values to use instead of drawn ones.
        left_out: a parameter that must not be spoken of; it must stand in a part that may be left out.
    """
    required = {item.name for item in tool.parameters if item.required} | set(given or {})
    spoken: dict[str, SpokenValue] = {}

    def part(match: re.Match[str]) -> str:
        names = {name for name, _ in _SLOT.findall(match[1])}
        if left_out in names:
            return ""
        return match[1] if names & required or rng.random() < 0.5 else ""

    def slot(match: re.Match[str]) -> str:
        name, fixed = match[1], match[2]
        if fixed is not None:
            spoken[name] = SpokenValue(json.loads(fixed), "")
        elif name not in spoken:
            spoken[name] = (given or {}).get(name) or _drawn(rng, tool, name, language, spoken)
        return spoken[name].text

    text = _PART.sub(part, template)
    for short, synonyms in _SYNONYMS.items():
        text = text.replace(short, synonyms)
    while _CHOICE.search(text):
        text = _CHOICE.sub(lambda match: rng.choice(match[1].split("|")), text)
    return Rendered(re.sub(r"\s+", " ", _SLOT.sub(slot, text)).strip(), spoken)


def _drawn(
    rng: Random, tool: GalleryTool, name: str, language: Language, spoken: Mapping[str, SpokenValue]
) -> SpokenValue:
    """A value that no other argument of the same sort has: nobody converts dollars to dollars."""
    parameter = tool.parameter(name)
    taken = [spoken[item.name].value for item in tool.parameters if item.name in spoken and _alike(item, parameter)]
    drawn = draw_value(rng, parameter, language)
    for _ in range(5):
        if drawn.value not in taken:
            break
        drawn = draw_value(rng, parameter, language)
    return drawn


def _alike(one: Parameter, other: Parameter) -> bool:
    return one.draw == other.draw and one.draw.split(" ")[0] in ("word", "date", "choice")


def omissible(template: str, tool: GalleryTool) -> list[str]:
    """The required parameters without which the template still reads well."""
    parts = [{name for name, _ in _SLOT.findall(part)} for part in _PART.findall(template)]
    required = {item.name for item in tool.parameters if item.required}
    return sorted(name for names in parts if len(names) == 1 for name in names & required)


def names_required(template: str, tool: GalleryTool) -> bool:
    """Whether a template speaks of every required parameter."""
    named = {name for name, _ in _SLOT.findall(template)}
    return all(item.name in named for item in tool.parameters if item.required)
