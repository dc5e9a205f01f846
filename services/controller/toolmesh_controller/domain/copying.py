"""Spans of the request as grammar: a string argument is most often a piece of what the user wrote, so let it be one."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

_LETTER = r"[^\W\u3400-\u9fff]"
_UNIT = re.compile(
    rf"[\u3400-\u9fff]|(?<![^\W\u3400-\u9fff])(?<!['’])[#@$]?{_LETTER}+"
    rf"(?:(?![^\w\s]*['’]s\b)[^\w\s,;!?()\"“”\[\]{{}}，。；！？（）、：]+{_LETTER}+)*[+#%]*"
)
_SENTENCE_END = re.compile(r"[.!?。！？;；\n]\s*$|[.!?。！？;；\n]\s")
# A span neither starts nor ends with one of these; inside it they are welcome ("Statue of Liberty").
_LINKS_TEXT = """a an the of in on at to for from by with and or is are was were be as that which whose please my
    your our what how who where when would could should can do does i me you we"""
_LINKS = frozenset(_LINKS_TEXT.split())
# A short value ends before one of these: "Rome" and "Paris" in "from Rome to Paris by train".
_BREAKS_TEXT = """in at on for from with by using to into near between about during since until via named called titled
    than where which that whose who is are was were has have located if when while starting ending"""
_BREAKS = frozenset(_BREAKS_TEXT.split())
MAX_UNITS = 160


@dataclass(frozen=True, slots=True)
class Unit:
    """A word, number, address or single Chinese character that spans are made of."""

    text: str
    start: int
    end: int
    starts_span: bool
    ends_span: bool
    joins_next: bool


def units_of(text: str, *, taken: Sequence[tuple[int, int]] = (), across: bool = True) -> tuple[Unit, ...]:
    """The units of a text. Over MAX_UNITS the middle is left out: what is asked stands first or last.

    Args:
        taken: stretches that are another argument's value already; no unit lies in them.
        across: whether a span may run over a preposition ("flights to Rome from Paris" as one span).
    """
    free = [match for match in _UNIT.finditer(text) if not _overlaps(match, taken)]
    if len(free) > MAX_UNITS:
        free = [*free[: MAX_UNITS // 2], *free[-MAX_UNITS // 2 :]]
    return tuple(
        _unit(text, match, following, across, first=at == 0)
        for at, (match, following) in enumerate(zip_longest(free, free[1:]))
    )


def _unit(text: str, match: re.Match[str], following: re.Match[str] | None, across: bool, *, first: bool) -> Unit:
    word = match.group()
    link = word.lower() in _LINKS
    gap = text[match.end() : following.start()] if following else ""
    joins = following is not None and len(gap) <= 4 and not _SENTENCE_END.search(gap) and not _UNIT.search(gap)
    if following and not across:
        joins = joins and not (_BREAKS & {word.lower(), following.group().lower()}) and "," not in gap
    starts = not link or (word[0].isupper() and not first and word.lower() in ("the", "a", "an"))
    return Unit(word, match.start(), match.end(), starts, not link, joins)


def _overlaps(match: re.Match[str], taken: Sequence[tuple[int, int]]) -> bool:
    return any(match.start() < end and start < match.end() for start, end in taken)


def span_rules(text: str, units: Sequence[Unit], prefix: str = "w") -> tuple[str, dict[str, str]]:
    """(expression, rules) of a GBNF grammar that matches any span of `text`, as the inside of a JSON string.

    The expression is empty where the text holds no span. Linear in the text: each rule is a unit and what may follow.
    """
    rules: dict[str, str] = {}
    starts: list[str] = []
    next_can_end = False
    for at in range(len(units) - 1, -1, -1):
        unit = units[at]
        onward = ""
        if unit.joins_next and next_can_end:
            onward = f"{quote(_inside_json(text[unit.end : units[at + 1].start]))} {prefix}{at + 1}"
        next_can_end = unit.ends_span or bool(onward)
        if not next_can_end:
            continue
        tail = "" if not onward else f" ({onward})?" if unit.ends_span else f" {onward}"
        rules[f"{prefix}{at}"] = quote(_inside_json(unit.text)) + tail
        if unit.starts_span:
            starts.append(f"{prefix}{at}")
    return " | ".join(reversed(starts)), rules


def quote(text: str) -> str:
    """A GBNF literal."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'


def _inside_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]
