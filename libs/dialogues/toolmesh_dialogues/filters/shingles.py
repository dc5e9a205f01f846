"""Runs of words (or Chinese characters) of a text, as numbers that stay the same from run to run."""

import re
from collections.abc import Iterator
from hashlib import blake2b

_UNIT = re.compile(r"[一-鿿]|[^\W_]+")


def text_units(text: str) -> list[str]:
    """Lower-case words; each Chinese character is a unit of its own."""
    return _UNIT.findall(text.casefold())


def shingles(units: list[str], length: int) -> Iterator[int]:
    """Each run of that many units; a shorter text is one run."""
    for start in range(max(1, len(units) - length + 1)):
        run = " ".join(units[start : start + length])
        yield int.from_bytes(blake2b(run.encode(), digest_size=8).digest(), "big")
