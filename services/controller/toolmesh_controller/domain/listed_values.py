"""The values that a parameter's description names: "(e.g., English, Spanish)", "one of 'metric' or 'imperial'"."""

import re
from functools import lru_cache

from toolmesh_controller.domain.words import word_set

_QUOTED = re.compile(r"[\"'`“‘]([\w .+/-]{1,40})[\"'`”’]")
_INTRODUCED = re.compile(
    r"(?:\be\.?g\.?,?|\bsuch as|\bfor example:?,?|\bfor instance,?|\bincluding|\boptions?(?: are)?:?|\bone of:?"
    r"|\beither|\bcan be:?|\blike|例如|比如|如)\s*:?\s*(?P<list>[^()\n.;]{2,160})",
    re.IGNORECASE,
)
_DEFAULT = re.compile(
    r"\b(?:defaults?\s*(?:value)?\s*(?:is|to|=|:)?|by default,?(?:\s+it is)?)\s*"
    r"(?P<value>\"[^\"]{1,40}\"|'[^']{1,40}'|-?\d+(?:\.\d+)?\b|true\b|false\b)",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(r"\s*(?:,\s*(?:or|and)\s+|,|/|\bor\b|\band\b|、|，|或)\s*")
_LONGEST = 4


@lru_cache(maxsize=4096)
def listed_values(description: str) -> tuple[str, ...]:
    """The values in the order they are named, without repeats; empty where none are."""
    found = _QUOTED.findall(description)
    if not found:
        for match in _INTRODUCED.finditer(description):
            found += [item.strip(" .'\"") for item in _SEPARATOR.split(match["list"])]
    short = [item for item in found if item and len(item.split()) <= _LONGEST and item.lower() not in ("etc", "etc.")]
    return tuple(dict.fromkeys(short))


@lru_cache(maxsize=4096)
def stated_default(description: str, kind: str) -> str | int | float | bool | None:
    """The default that a description states ("Defaults to 5."), where it is of this kind; None where it states none."""
    match = _DEFAULT.search(description)
    if not match:
        return None
    written = match["value"]
    if written[0] in "\"'":
        return written[1:-1] if kind in ("string", "enum") else None
    if written.lower() in ("true", "false"):
        return written.lower() == "true" if kind == "boolean" else None
    if kind == "integer":
        return int(written) if "." not in written else None
    return float(written) if kind == "number" else None


@lru_cache(maxsize=4096)
def described_words(description: str) -> frozenset[str]:
    """The words of a description without its examples: "such as March 1" does not make March a word for dates."""
    return word_set(_INTRODUCED.sub(" ", _QUOTED.sub(" ", description)))
