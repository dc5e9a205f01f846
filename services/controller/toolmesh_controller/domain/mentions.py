"""What a request names: numbers, dates, times, quoted texts, addresses, literals and lists, with where they stand."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from toolmesh_controller.domain.arithmetic import find_expression
from toolmesh_controller.domain.dates import find_date_parts, find_dates, find_days, find_times
from toolmesh_controller.domain.numbers import find_numbers


@dataclass(frozen=True, slots=True)
class Mention:
    """A span of the request; `value` is what it means as JSON, `kind` one of the names in this module."""

    kind: str
    start: int
    end: int
    value: Any

    def overlaps(self, other: "Mention") -> bool:
        return self.start < other.end and other.start < self.end


MAX_MENTIONS = 64
_MOST_LITERALS = 16

_QUOTED = re.compile(
    r"\"([^\"\n]{1,400})\"|“([^”\n]{1,400})”|「([^」\n]{1,400})」|《([^》\n]{1,200})》|`([^`\n]{1,400})`"
    r"|(?<![\w])'([^'\n]{1,400}(?:'(?:s|t|re|ll|ve|d|m)\b[^'\n]{0,400})*)'(?!\w)"
    r"|(?<![\w])‘([^’\n]{1,400})’(?!\w)"
)
_OPEN_QUOTE = re.compile(r"[\"“]([^\"“”\n]{1,400})$")
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}", re.ASCII)
_URL = re.compile(r"(?:https?|ftp)://[^\s\"'<>）)]+[^\s\"'<>）).,;!?]")
_JOIN = re.compile(r"\s*(?:,\s*(?:and|or|&)?|，|、|;|和|与|及|\band\b|&)\s*")
_RESTS = (
    re.compile(r"(?<=[a-z\u3400-\u9fff])\s?[:：]\s*(?P<rest>\S.+)$", re.IGNORECASE | re.DOTALL),
    re.compile(
        r"\b(?:note|remember|remind \w+|write down|record|jot down|memo|saying|says)\s+(?:that|to)\s+(?P<rest>\S.+)$",
        re.IGNORECASE,
    ),
    re.compile(r"(?:记下来?|记一下|记住|备忘|写下|提醒我)[，,]?\s*(?P<rest>\S.+)$"),
)
_LITERAL_START = re.compile(r"[\[{(]")


def find_mentions(text: str) -> tuple[Mention, ...]:
    """Every mention in order of where it starts. Mentions of different kinds may overlap."""
    found = [*_quoted(text), *_pattern("email", _EMAIL, text), *_pattern("url", _URL, text), *_literals(text)]
    dates = [Mention("date", start, end, value) for start, end, value in find_dates(text)]
    times = [Mention("time", start, end, value) for start, end, value in find_times(text)]
    found += [Mention(f"date_{part}", start, end, value) for part, start, end, value in find_date_parts(text)]
    numbers = [Mention("number", start, end, value) for start, end, value in find_numbers(text)]
    found += dates + times
    found += [
        Mention("day", start, end, value) for start, end, value in find_days(text, [date.value for date in dates])
    ]
    found += _rests(text)
    found += [number for number in numbers if not any(number.overlaps(other) for other in dates + times)]
    arithmetic = find_expression(text)
    if arithmetic:
        found.append(Mention("expression", *arithmetic))
    found += _runs(text, of_kind(found, "number"), "numbers")
    found += _runs(text, of_kind(found, "quoted"), "quoted_list")
    return _bounded(sorted(found, key=lambda mention: (mention.start, -mention.end)))


def _bounded(mentions: Sequence[Mention]) -> tuple[Mention, ...]:
    """Of very many mentions the first and the last: what is asked stands at the ends of a long text."""
    half = MAX_MENTIONS // 2
    return tuple(mentions) if len(mentions) <= MAX_MENTIONS else (*mentions[:half], *mentions[-half:])


def of_kind(mentions: Iterable[Mention], *kinds: str) -> list[Mention]:
    return [mention for mention in mentions if mention.kind in kinds]


def _quoted(text: str) -> Iterator[Mention]:
    last = 0
    for match in _QUOTED.finditer(text):
        content = next(group for group in match.groups() if group is not None)
        last = match.end()
        yield Mention("quoted", match.start(), match.end(), content.rstrip(",;") or content)
    left_open = _OPEN_QUOTE.search(text, last)
    if left_open and '"' not in text[last : left_open.start()]:
        yield Mention("quoted", left_open.start(), left_open.end(), left_open.group(1).strip())


def _rests(text: str) -> Iterator[Mention]:
    """What follows "note:" or "remember that": the text that is meant, to the end."""
    for pattern in _RESTS:
        match = pattern.search(text)
        if match:
            yield Mention("rest", match.start("rest"), match.end("rest"), match["rest"].strip())
            return


def _pattern(kind: str, pattern: re.Pattern[str], text: str) -> Iterator[Mention]:
    return (Mention(kind, match.start(), match.end(), match.group()) for match in pattern.finditer(text))


def _runs(text: str, items: list[Mention], kind: str) -> list[Mention]:
    """Runs of two or more mentions with only commas or "and" between them, each as one mention of a list."""
    lists: list[Mention] = []
    run: list[Mention] = []
    for item in [*sorted(items, key=lambda mention: mention.start), None]:
        if item and run and _JOIN.fullmatch(text, run[-1].end, item.start):
            run.append(item)
            continue
        if len(run) > 1:
            lists.append(Mention(kind, run[0].start, run[-1].end, [mention.value for mention in run]))
        run = [item] if item else []
    return lists


def _literals(text: str) -> Iterator[Mention]:
    """Bracketed JSON or Python literals, such as [[1, 2], [3, 4]] or {"a": 1}."""
    at = 0
    for _ in range(_MOST_LITERALS):
        match = _LITERAL_START.search(text, at)
        if match is None:
            return
        at = match.end()
        end = _closing(text, match.start())
        value = _parsed(text[match.start() : end]) if end else None
        if isinstance(value, (list, dict)) and value:
            yield Mention("literal", match.start(), end, value)
            at = end


def _closing(text: str, start: int) -> int:
    depth = 0
    for at in range(start, min(len(text), start + 4000)):
        if text[at] in "[{(":
            depth += 1
        elif text[at] in "]})":
            depth -= 1
            if depth == 0:
                return at + 1
    return 0


def _parsed(text: str) -> Any:
    if text[0] == "(" and "," not in text:
        return None
    as_json = text.replace("(", "[").replace(")", "]")
    for candidate in (as_json, as_json.replace("'", '"')):
        try:
            return json.loads(candidate)
        except ValueError:
            continue
    return None
