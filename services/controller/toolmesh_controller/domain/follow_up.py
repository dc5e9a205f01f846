"""Requests that only make sense with the one before them: "and in Berlin?", "那上海呢？"."""

import re

_OPENING = re.compile(r"^\s*(?:(?:and|what about|how about|also|now|same|again)\b|那|还有|再)", re.IGNORECASE)
_ENDING = re.compile(r"呢[?？]?\s*$|\b(?:too|instead|as well)[?.!]?\s*$", re.IGNORECASE)
_FEW_WORDS = 6


def leans_on_history(request: str) -> bool:
    """Whether a request reads as a change to the last one."""
    short = len(request.split()) <= _FEW_WORDS and len(request) <= 60
    return short and (_OPENING.search(request) is not None or _ENDING.search(request) is not None)
