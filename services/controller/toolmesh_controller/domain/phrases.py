"""The phrases of a request that can be a text argument: what stands between prepositions, articles and punctuation.

A short value (a city, a name, a kind of thing) is one such phrase. A long one (a query, a message) is a run of them.
Words that ask for the tool or name the parameter do not count at a phrase's ends ("the wine quality *dataset*").
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from toolmesh_controller.domain.copying import Unit, units_of
from toolmesh_controller.domain.words import STOP_WORDS, stem

_BREAKS_TEXT = """in at on for from with by using to into near between about during since until via named called titled
    where which that whose who is are was were has have had located if when while starting ending of over under within
    be been being do does did along including regarding as per like than around through"""
_BREAKS = frozenset(_BREAKS_TEXT.split()) | STOP_WORDS
_ORDERS_TEXT = """find get create make provide tell show give book calculate compute determine search look retrieve
    check send set add list convert generate play start plan predict estimate analyze analyse compare order buy need
    want help schedule reserve identify evaluate run perform fetch update delete remove open translate write read explain describe
    recommend suggest locate track turn put query return save remind assess measure"""
_ORDERS = frozenset(_ORDERS_TEXT.split())
_LINKING = frozenset(("of", "the", "and", "&", "de", "la"))
_CJK_BREAK = re.compile(
    r"的|了|是|在|我想|我要|我|你|请|帮忙|帮|查一下|查询|查|一下|告诉|怎么样|怎样|如何|多少|什么|哪里|吗|呢|吧|和|与|及|到|从|把|给|将|为|用|有|今天|现在|几点|然后|再"
)
_PART_END = re.compile(r"[,;:(]|['’]s\b")
_CJK_RUN = re.compile(r"[\u3400-\u9fff]+")
_MOST_PHRASES = 24
_LONGEST_RUN = 6


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
    found: list[Phrase] = []
    run: list[int] = []
    for at in range(len(units)):
        if run and not _continues(text, units, run[-1], at):
            found += _phrase(text, units, run, own_words, named)
            run = []
        if not _is_break(text, units, at, inside=bool(run)):
            run.append(at)
        elif run:
            found += _phrase(text, units, run, own_words, named)
            run = []
    if run:
        found += _phrase(text, units, run, own_words, named)
    found += _chinese(text, taken)
    unique = {phrase.text.casefold(): phrase for phrase in reversed(found)}
    return sorted(unique.values(), key=lambda phrase: phrase.start)[:_MOST_PHRASES]


def runs_of(text: str, phrases: Sequence[Phrase]) -> list[Phrase]:
    """The phrases and every run of neighbouring ones, for values that may be as long as a sentence."""
    runs = list(phrases)
    for first in range(len(phrases)):
        for last in range(first + 1, min(first + _LONGEST_RUN, len(phrases))):
            if re.search(r"[.!?。！？\n]\s", text[phrases[first].end : phrases[last].start]):
                break
            stretch = text[phrases[first].start : phrases[last].end]
            runs.append(Phrase(stretch, phrases[first].start, phrases[last].end, phrases[first].before))
    return runs[: _MOST_PHRASES * 2]


def _continues(text: str, units: Sequence[Unit], last: int, at: int) -> bool:
    """Whether nothing but a space stands between two units, or a link between two capitalised words."""
    return units[last].joins_next and at == last + 1 and not _PART_END.search(text[units[last].end : units[at].start])


def _is_break(text: str, units: Sequence[Unit], at: int, *, inside: bool) -> bool:
    word = units[at].text
    lower = word.lower()
    if _CJK_RUN.fullmatch(word):
        return True
    if lower in _LINKING and inside and at + 1 < len(units):
        following = next((unit for unit in units[at + 1 : at + 3] if unit.text.lower() not in _LINKING), None)
        return not (units[at - 1].text[0].isupper() and following is not None and following.text[0].isupper())
    opens = at == 0 or re.search(r"[.!?:\n]\s*$", text[: units[at].start]) is not None
    if not inside and lower in _ORDERS and (opens or word[0].islower()):
        return True
    if opens and _reads_as_order(units, at):
        return True
    return lower in _BREAKS and (word[0].islower() or opens)


def _reads_as_order(units: Sequence[Unit], at: int) -> bool:
    """A capital at a sentence's start with a small word after it: "Deploy the", "Enroll in", not "New York"."""
    return at + 1 < len(units) and units[at].text[0].isupper() and units[at + 1].text[0].islower()


def _phrase(
    text: str, units: Sequence[Unit], run: list[int], own_words: frozenset[str], named: frozenset[str]
) -> Iterable[Phrase]:
    kept = list(run)
    while kept and _is_own(units[kept[0]], own_words, named):
        kept.pop(0)
    while kept and (_is_own(units[kept[-1]], own_words, named) or units[kept[-1]].text.lower() in _LINKING):
        kept.pop()
    if not kept:
        return
    start, end = units[kept[0]].start, units[kept[-1]].end
    yield Phrase(text[start:end], start, end, _word_before(text, start))
    whole_start, whole_end = units[run[0]].start, units[run[-1]].end
    if len(kept) < len(run) and text[whole_start].isupper() and whole_start > 0:
        yield Phrase(text[whole_start:whole_end], whole_start, whole_end, _word_before(text, whole_start))


def _is_own(unit: Unit, own_words: frozenset[str], named: frozenset[str]) -> bool:
    root = stem(unit.text.lower())
    return root in named or (root in own_words and not unit.text[0].isupper())


def _word_before(text: str, start: int) -> str:
    words = re.findall(r"[A-Za-z]+", text[max(0, start - 40) : start])
    meaningful = [word.lower() for word in words if word.lower() not in ("the", "a", "an", "my", "your", "our")]
    return meaningful[-1] if meaningful else ""


def _chinese(text: str, taken: Sequence[tuple[int, int]]) -> Iterable[Phrase]:
    for run in _CJK_RUN.finditer(text):
        start = run.start()
        for piece in _CJK_BREAK.split(run.group()):
            at = text.index(piece, start) if piece else start
            free = not any(at < end and first < at + len(piece) for first, end in taken)
            if len(piece) > 1 and free:
                yield Phrase(piece, at, at + len(piece), "")
            start = at + len(piece)
