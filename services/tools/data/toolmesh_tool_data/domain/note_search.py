"""Ranks notes for a query by the words they share; Chinese by pairs of characters."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

_HAN_RUN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
_WORD = re.compile(r"[^\W_\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
_STOP_WORDS = frozenset(
    _WORD.findall(
        "a about all an and any are did do for from have i in is it me my note notes of on or that the to was were "
        "what when where which with you find show"
    )
)
_STOP_PAIRS = frozenset({"笔记", "我的", "关于", "什么", "有关", "一下", "找找", "所有"})


@dataclass(frozen=True, slots=True)
class Note:
    """What a user wrote down.

    Attributes:
        number: counts from 1 for each user and is never given twice.
    """

    number: int
    text: str
    written: datetime


def terms_of(query: str) -> set[str]:
    """What to look for: words without plural s, pairs of Chinese characters; all words where none tells much."""
    lowered = unicodedata.normalize("NFKC", query).lower()
    words = set(_WORD.findall(lowered))
    terms = {_singular(word) for word in words - _STOP_WORDS}
    for run in _HAN_RUN.findall(lowered):
        pairs = {run[start : start + 2] for start in range(len(run) - 1)} or {run}
        terms |= pairs - _STOP_PAIRS
    return terms or words


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def rank(notes: Iterable[Note], query: str) -> list[Note]:
    """The notes that share a term with the query: most terms first, then the newest."""
    terms = terms_of(query)
    scored = []
    for note in notes:
        lowered = unicodedata.normalize("NFKC", note.text).lower()
        score = sum(term in lowered for term in terms)
        if score:
            scored.append((score, note.number, note))
    return [note for _, _, note in sorted(scored, key=lambda item: item[:2], reverse=True)]
