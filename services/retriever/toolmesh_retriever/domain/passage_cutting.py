"""Cuts a document's sections into overlapping passages of about 200 tokens, at paragraphs and sentences."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

PASSAGE_TOKENS = 200
OVERLAP_TOKENS = 40
_PARAGRAPH = re.compile(r"\n\s*\n")
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|(?<=[。！？；])|\n")
_TOKENS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W\d_]{1,12}|\d{1,4}|[^\w\s]")
_LONGEST_SENTENCE_CHARACTERS = 600


@dataclass(frozen=True, slots=True)
class Section:
    """Text under one heading or on one page; `page` counts from 1, 0 where there are none."""

    text: str
    heading: str = ""
    page: int = 0


@dataclass(frozen=True, slots=True)
class CutPassage:
    """A piece of a section."""

    text: str
    heading: str
    page: int


def cut_passages(sections: Iterable[Section]) -> Iterator[CutPassage]:
    """The passages in order. Each begins with the end of the one before where both are of one section."""
    for section in sections:
        for text in _cut(section.text):
            yield CutPassage(text, section.heading, section.page)


def token_count(text: str) -> int:
    """About how many tokens a model would see: CJK characters, pieces of words, punctuation."""
    return sum(1 for _ in _TOKENS.finditer(text))


def _cut(text: str) -> Iterator[str]:
    held: list[tuple[str, int]] = []
    new = 0
    for piece in _pieces(text):
        size = token_count(piece)
        if new and sum(count for _, count in held) + size > PASSAGE_TOKENS:
            yield _joined(held)
            held, new = _tail(held), 0
        held.append((piece, size))
        new += 1
    if new:
        yield _joined(held)


def _pieces(text: str) -> Iterator[str]:
    """Paragraphs; sentences of long paragraphs; parts of endless sentences."""
    for paragraph in _PARAGRAPH.split(text):
        stripped = paragraph.strip()
        if not stripped:
            continue
        if token_count(stripped) <= PASSAGE_TOKENS // 2:
            yield stripped + "\n"
            continue
        for sentence in _SENTENCE.split(stripped):
            for start in range(0, len(sentence), _LONGEST_SENTENCE_CHARACTERS):
                part = sentence[start : start + _LONGEST_SENTENCE_CHARACTERS].strip()
                if part:
                    yield part


def _tail(held: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """The last pieces that fit into the overlap."""
    kept: list[tuple[str, int]] = []
    left = OVERLAP_TOKENS
    for piece, size in reversed(held):
        if size > left:
            break
        kept.insert(0, (piece, size))
        left -= size
    return kept


def _joined(held: list[tuple[str, int]]) -> str:
    return " ".join(piece for piece, _ in held).replace("\n ", "\n").strip()
