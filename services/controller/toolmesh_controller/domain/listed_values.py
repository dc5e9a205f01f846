"""The values that a parameter's description names: "(e.g., English, Spanish)", "one of 'metric' or 'imperial'"."""

import re
from functools import lru_cache

_QUOTED = re.compile(r"[\"'`“‘]([\w .+/-]{1,40})[\"'`”’]")
_INTRODUCED = re.compile(
    r"(?:\be\.?g\.?,?|\bsuch as|\bfor example:?,?|\bfor instance,?|\bincluding|\boptions?(?: are)?:?|\bone of:?"
    r"|\beither|\bcan be:?|\blike|例如|比如|如)\s*:?\s*(?P<list>[^()\n.;]{2,160})",
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
