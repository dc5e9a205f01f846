"""Whether an answer says what the tools gave, and a plain answer for where it does not."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from toolmesh_controller.domain.turn import DoneCall, parsed
from toolmesh_controller.domain.words import has_cjk, split_identifier

_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
# A model that copies a call or its JSON has not answered.
_CODE = re.compile(r"[{(]\s*\"|\w\(\{")
# A result of no more values than this must be told in full; of a longer one the answer may tell a part.
FULLY_TOLD = 3
_LONGEST_LINE = 600
_MOST_ITEMS = 20


_MAIN_KEYS = ("result", "answer", "value", "output")


def is_grounded(answer: str, done: Sequence[DoneCall], request: str) -> bool:
    """Every number of the answer stands in the results, the arguments or the request; short results are all told,
    of longer ones something that was not known before."""
    if not answer.strip() or _CODE.search(answer) or any(item.failed or item.result is None for item in done):
        return False
    if has_cjk(request) and not has_cjk(answer):
        return False
    known = _numbers(request) | {
        number for item in done for number in _numbers(f"{item.result} {item.call.arguments_json}")
    }
    if not _numbers(answer) <= known:
        return False
    said_numbers, said = _numbers(answer), answer.casefold()
    for item in done:
        values = main_values(parsed(item.result or ""))
        told = [value for value in values if _is_told(value, said, said_numbers)]
        if len(values) <= FULLY_TOLD and len(told) < len(values):
            return False
        if len(values) > FULLY_TOLD and not any(_is_news(value, item, request) for value in told):
            return False
    return True


def _is_news(value: Any, item: DoneCall, request: str) -> bool:
    """Whether a value says more than what was asked."""
    asked = f"{request} {item.call.arguments_json}"
    return not _is_told(value, asked.casefold(), _numbers(asked))


def main_values(result: Any) -> list[Any]:
    """The leaves that answer: of an object with a field named like a result only that field's, else all of them."""
    if isinstance(result, dict):
        for key in ("result", "answer", "value", "output", "text", "summary"):
            if key in result and not isinstance(result[key], (dict, list)):
                return [result[key]]
    return list(_leaves(result))


def rendered(done: Sequence[DoneCall], request: str) -> str:
    """The results as plain lines, one a call: "calculate: 42"."""
    chinese = has_cjk(request)
    if not done:
        return ""
    lines = [_line(item, chinese) for item in done]
    return "\n".join(lines)


def _line(item: DoneCall, chinese: bool) -> str:
    label = split_identifier(item.call.tool)
    if item.result is None:
        return f"{label}：没有结果" if chinese else f"{label}: no result came back"
    if item.error is not None:
        return f"{label} 失败：{item.error}" if chinese else f"{label} could not do it: {item.error}"
    text = _text_of(parsed(item.result))
    return f"{label}：{text}" if chinese else f"{label}: {text}"


def _text_of(value: Any) -> str:
    if isinstance(value, dict):
        main = next((key for key in _MAIN_KEYS if key in value and not isinstance(value[key], (dict, list))), None)
        if main is not None:
            sentence = value.get("text")
            if isinstance(sentence, str) and _is_told(value[main], sentence.casefold(), _numbers(sentence)):
                return sentence
            rest = [value[name] for name in ("unit", "currency", "units") if name in value]
            return " ".join(_scalar(each) for each in (value[main], *rest))
        text = ", ".join(f"{split_identifier(str(key))} {_text_of(inner)}" for key, inner in value.items())
    elif isinstance(value, list):
        shown = "; ".join(_text_of(inner) for inner in value[:_MOST_ITEMS])
        text = shown + (f"; … ({len(value)} in all)" if len(value) > _MOST_ITEMS else "") or "nothing found"
    else:
        text = _scalar(value)
    return text if len(text) <= _LONGEST_LINE else text[: _LONGEST_LINE - 1] + "…"


def _scalar(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
    elif value is not None and value != "" and not isinstance(value, bool):
        yield value


def _is_told(value: Any, said: str, said_numbers: set[str]) -> bool:
    text = _scalar(value)
    numbers = _numbers(text)
    return numbers <= said_numbers if numbers else text.casefold() in said


def _numbers(text: str) -> set[str]:
    """The numbers of a text, written alike: "1,200.50" is "1200.5"."""
    found = set()
    for number in _NUMBER.findall(text):
        digits = number.replace(",", "")
        whole, _, fraction = digits.partition(".")
        fraction = fraction.rstrip("0")
        found.add((whole.lstrip("0") or "0") + (f".{fraction}" if fraction else ""))
    return found
