"""Measures a text in any script: words, sentences, reading time, and what occurs most."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

_HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_HAN_SIGN = re.compile(f"[{_HAN}]")
_HAN_RUN = re.compile(f"[{_HAN}]+")
_WORD = re.compile(rf"(?:(?![{_HAN}])\w)+(?:['’-](?:(?![{_HAN}])\w)+)*")
_SENTENCE_END = re.compile(r"[.!?]+(?=\s|$|[\"')\]])|[。！？!?…]+")
_PARAGRAPH = re.compile(r"\n\s*\n")
_STOP_WORDS = frozenset(
    _WORD.findall(
        "a an and are as at be but by for from had has have he her his i in is it its my not of on or our she so that "
        "the their them there they this to was we were what which who will with you your"
    )
)
_STOP_SIGNS = frozenset("的了是在和与及或也都就不有我你他她它们这那个为以于被把从而之其")
WORDS_PER_MINUTE = 230
SIGNS_PER_MINUTE = 400
"""Silent reading of English (Brysbaert 2019: 238) and of Chinese characters."""
MAX_TERM = 4


@dataclass(frozen=True, slots=True)
class TextMeasures:
    """Counts over one text.

    Attributes:
        words: words of alphabetic scripts, and Chinese characters, each of which counts as one.
        top_words: most frequent first; of Chinese, character groups that come back.
    """

    characters: int
    characters_without_spaces: int
    words: int
    chinese_characters: int
    sentences: int
    paragraphs: int
    lines: int
    reading_minutes: float
    top_words: list[tuple[str, int]]


def measure(text: str, top: int = 5) -> TextMeasures:
    """The measures of a text."""
    words = [match.group() for match in _WORD.finditer(text)]
    signs = len(_HAN_SIGN.findall(text))
    minutes = len(words) / WORDS_PER_MINUTE + signs / SIGNS_PER_MINUTE
    return TextMeasures(
        characters=len(text),
        characters_without_spaces=sum(not sign.isspace() for sign in text),
        words=len(words) + signs,
        chinese_characters=signs,
        sentences=_count_sentences(text),
        paragraphs=sum(bool(part.strip()) for part in _PARAGRAPH.split(text)),
        lines=len(text.splitlines()),
        reading_minutes=round(minutes, 1),
        top_words=top_words(text, words, top),
    )


def _count_sentences(text: str) -> int:
    """Ends of sentences, and one more where the text goes on after the last."""
    ends = list(_SENTENCE_END.finditer(text))
    rest = text[ends[-1].end() :] if ends else text
    return len(ends) + bool(re.search(r"\w", rest))


def top_words(text: str, words: list[str], top: int) -> list[tuple[str, int]]:
    """The most frequent words, less those every text is full of."""
    counts = Counter(word.lower() for word in words if word.lower() not in _STOP_WORDS and not word.isdigit())
    counts.update(dict(_repeated_terms(text)))
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:top]


def _repeated_terms(text: str) -> Iterator[tuple[str, int]]:
    """Groups of 2 to 4 Chinese characters that come twice or more and are no part of a longer group as frequent."""
    counts: Counter[str] = Counter()
    for run in _HAN_RUN.findall(text):
        for size in range(2, MAX_TERM + 1):
            counts.update(run[start : start + size] for start in range(len(run) - size + 1))
    frequent = {term: count for term, count in counts.items() if count > 1 and not _STOP_SIGNS & set(term)}
    inner = {part for term, count in frequent.items() for part in (term[1:], term[:-1]) if frequent.get(part) == count}
    return ((term, count) for term, count in frequent.items() if term not in inner)


def count_occurrences(text: str, search_for: str, *, whole_words: bool, match_case: bool) -> int:
    """How often a piece of text occurs, without overlaps."""
    pattern = re.escape(search_for)
    if whole_words and not _HAN_SIGN.search(search_for):
        pattern = rf"(?<!\w){pattern}(?!\w)"
    return sum(1 for _ in re.finditer(pattern, text, 0 if match_case else re.IGNORECASE))
