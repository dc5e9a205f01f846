"""The phrases of a request that can be a text argument: what stands between prepositions, articles and punctuation.

A short value (a city, a name, a kind of thing) is one such phrase. A long one (a query, a message) is a run of them.
Words that ask for the tool or name the parameter do not count at a phrase's ends ("the wine quality *dataset*").
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from toolmesh_controller.domain.copying import Unit, units_of
from toolmesh_controller.domain.phrase_words import (
    ALWAYS,
    ARTICLES,
    BREAKS,
    CJK_BREAK,
    CJK_RUN,
    CJK_UNITS,
    LINKING,
    ORDERS,
    PART_END,
    SENTENCE_END,
)
from toolmesh_controller.domain.words import tokens

_MOST_PHRASES = 24
_LONGEST_RUN = 6
NUMBER_BEFORE = "#"


@dataclass(frozen=True, slots=True)
class Phrase:
    """A stretch of the request; `before` is the word that leads into it, lower case."""

    text: str
    start: int
    end: int
    before: str


def phrases_of(
    text: str, taken: Sequence[tuple[int, int]], own_words: frozenset[str], named: frozenset[str]
) -> list[Phrase]:
    """The short phrases, in order.

    Args:
        taken: stretches that are another argument's value already.
        own_words: the tool's words; a phrase of nothing else is none.
        named: the words of the parameter's name, which lead into its value or follow it.
    """
    units = units_of(text, taken=taken)
    found = [
        phrase for run in _runs(text, units) for phrase in _trimmed(text, [units[at] for at in run], own_words, named)
    ]
    found += _chinese(text, taken)
    unique = {phrase.text.casefold(): phrase for phrase in reversed(found)}
    return sorted(unique.values(), key=lambda phrase: phrase.start)[:_MOST_PHRASES]


def runs_of(text: str, phrases: Sequence[Phrase]) -> list[Phrase]:
    """The phrases and every run of neighbouring ones, for values that may be as long as a sentence."""
    runs = list(phrases)
    for first in range(len(phrases)):
        for last in range(first + 1, min(first + _LONGEST_RUN, len(phrases))):
            if SENTENCE_END.search(text[phrases[first].end : phrases[last].start]):
                break
            runs.append(_span(text, phrases[first].start, phrases[last].end))
    return runs[: _MOST_PHRASES * 2]


def with_regions(text: str, phrases: Sequence[Phrase]) -> list[Phrase]:
    """Places written "Paris, France" as one phrase each."""
    joined: list[Phrase] = []
    for phrase in phrases:
        last = joined[-1] if joined else None
        if last and last.text[0].isupper() and phrase.text[0].isupper() and text[last.end : phrase.start] == ", ":
            joined[-1] = Phrase(text[last.start : phrase.end], last.start, phrase.end, last.before)
        else:
            joined.append(phrase)
    return joined


def _runs(text: str, units: Sequence[Unit]) -> Iterator[list[int]]:
    """Unbroken runs of units."""
    run: list[int] = []
    for at in range(len(units)):
        if run and not _continues(text, units, at):
            yield run
            run = []
        if not _is_break(text, units, at, inside=bool(run)):
            run.append(at)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _continues(text: str, units: Sequence[Unit], at: int) -> bool:
    """Whether a unit goes on from the one before it. A capital after a small word begins a name of its own."""
    last, unit = units[at - 1], units[at]
    if not last.joins_next or PART_END.search(text[last.end : unit.start]):
        return False
    return not (last.text.islower() and last.text not in LINKING and unit.text[0].isupper())


def _is_break(text: str, units: Sequence[Unit], at: int, *, inside: bool) -> bool:
    word = units[at].text
    lower = word.lower()
    if CJK_RUN.fullmatch(word) or lower in ALWAYS:
        return True
    if lower in LINKING and inside and at + 1 < len(units):
        following = next((unit for unit in units[at + 1 : at + 3] if unit.text.lower() not in LINKING), None)
        return not (units[at - 1].text[0].isupper() and following is not None and following.text[0].isupper())
    opens = at == 0 or re.search(r"[.!?:\n]\s*$", text[max(0, units[at].start - 4) : units[at].start]) is not None
    if not inside and lower in ORDERS and (opens or word[0].islower()):
        return True
    if opens and _reads_as_order(units, at):
        return True
    return lower in BREAKS and (word[0].islower() or opens)


def _reads_as_order(units: Sequence[Unit], at: int) -> bool:
    """A capital at a sentence's start with a small word after it: "Deploy the", "Enroll in", not "New York"."""
    return at + 1 < len(units) and units[at].text[0].isupper() and units[at + 1].text[0].islower()


def _trimmed(text: str, run: Sequence[Unit], own_words: frozenset[str], named: frozenset[str]) -> Iterator[Phrase]:
    """A run without the tool's words at its ends."""
    first, last = 0, len(run)
    while first < last and (_is_own(run, first, own_words, named) or run[first].text.lower() in LINKING - ARTICLES):
        first += 1
    while last > first and (_is_own(run, last - 1, own_words, named) or run[last - 1].text.lower() in LINKING):
        last -= 1
    if first == last:
        return
    yield from _with_halves(text, run[first:last])


def _with_halves(text: str, run: Sequence[Unit]) -> Iterator[Phrase]:
    """The run, and its halves where "and" stands inside; after "between" only the halves."""
    whole = _span(text, run[0].start, run[-1].end)
    cuts = [at for at, unit in enumerate(run) if unit.text.lower() in ("and", "&")]
    if not cuts or whole.before != "between":
        yield whole
    bounds = [-1, *cuts, len(run)]
    for before, after in pairwise(bounds):
        if cuts and before + 1 < after:
            yield _span(text, run[before + 1].start, run[after - 1].end)


def _is_own(run: Sequence[Unit], at: int, own_words: frozenset[str], named: frozenset[str]) -> bool:
    """Whether a unit is a word of the parameter or the tool. A capitalised one inside a name is part of the name."""
    unit = run[at]
    words = set(tokens(unit.text))
    if not words:
        return False
    if unit.text.islower() or unit.text.isupper():
        return words <= (named | own_words if unit.text.islower() else named)
    neighbours = [run[other].text for other in (at - 1, at + 1) if 0 <= other < len(run)]
    return words <= named and not any(neighbour[0].isupper() for neighbour in neighbours)


def _span(text: str, start: int, end: int) -> Phrase:
    return Phrase(text[start:end], start, end, _word_before(text, start))


def _word_before(text: str, start: int) -> str:
    """The last word before a place that is no article; "#" for a number."""
    words = re.findall(r"[A-Za-z]+|\d[\d.,]*", text[max(0, start - 40) : start])
    word = next((word.lower() for word in reversed(words) if word.lower() not in ARTICLES), "")
    return NUMBER_BEFORE if word[:1].isdigit() else word


def _chinese(text: str, taken: Sequence[tuple[int, int]]) -> Iterable[Phrase]:
    for run in CJK_RUN.finditer(text):
        start = run.start()
        for piece in CJK_BREAK.split(run.group()):
            at = text.index(piece, start) if piece else start
            free = not any(at < end and first < at + len(piece) for first, end in taken)
            if free and (len(piece) > 1 or piece in CJK_UNITS):
                yield Phrase(piece, at, at + len(piece), "")
            start = at + len(piece)
