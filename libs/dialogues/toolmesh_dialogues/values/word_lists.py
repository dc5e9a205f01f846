"""Lists of words to draw text values from, by topic and language."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from random import Random

from toolmesh_dialogues.dialogue import Language
from toolmesh_dialogues.values.spoken_value import SpokenValue, said


def draw_word(rng: Random, topic: str, language: Language) -> SpokenValue:
    """One word of a topic; a word that is written otherwise than said keeps both forms."""
    entry = rng.choice(_lists()[topic][language])
    return said(entry) if isinstance(entry, str) else SpokenValue(entry[0], entry[1])


def word_topics() -> frozenset[str]:
    """The topics there are."""
    return frozenset(_lists())


@cache
def _lists() -> Mapping[str, Mapping[str, Sequence[str | Sequence[str]]]]:
    return tomllib.loads(files("toolmesh_dialogues.values").joinpath("words.toml").read_text("utf-8"))
