"""Words out of identifiers, and identifiers out of words."""

import re
from collections.abc import Sequence

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_]+")


def name_words(name: str) -> list[str]:
    """The lower-case words of an identifier: "getAirQuality" and "get_air_quality" give the same."""
    return [word.lower() for word in _WORD.findall(name)]


def snake_case(words: Sequence[str]) -> str:
    """Words joined by underscores."""
    return "_".join(words)


def camel_case(words: Sequence[str]) -> str:
    """Words joined by capitals, the first in lower case."""
    return words[0] + "".join(word.capitalize() for word in words[1:])
