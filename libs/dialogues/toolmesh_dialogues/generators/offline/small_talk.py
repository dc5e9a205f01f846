"""Requests that need no tool, with their answers."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from random import Random

from toolmesh_dialogues.dialogue import Language
from toolmesh_dialogues.gallery.gallery_tool import GalleryTool, Parameter
from toolmesh_dialogues.generators.offline.template import render
from toolmesh_dialogues.values.word_lists import word_topics


def small_talk(rng: Random, language: Language) -> tuple[str, str]:
    """A request and its answer; both speak of the same thing."""
    entry = rng.choice(_entries()[language])
    asked = render(rng, entry["ask"], _words(), language)
    return asked.text, render(rng, entry["answer"], _words(), language, given=asked.spoken).text


@cache
def _entries() -> Mapping[str, Sequence[Mapping[str, str]]]:
    folder = files("toolmesh_dialogues.generators.offline")
    return tomllib.loads(folder.joinpath("small_talk.toml").read_text("utf-8"))


@cache
def _words() -> GalleryTool:
    """Every list of words as a parameter, so that the templates can speak of any."""
    parameters = [Parameter(topic, {"type": "string"}, f"word {topic}") for topic in sorted(word_topics())]
    second = Parameter("sport2", {"type": "string"}, "word sport")
    return GalleryTool("small_talk", "small_talk", "", (*parameters, second))
