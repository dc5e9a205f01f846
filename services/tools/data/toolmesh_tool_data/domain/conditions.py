"""Reads simple conditions such as "region = North and amount > 100", since a small LLM writes no SQL."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from toolmesh_core.errors import ToolError

Operator = Literal["=", "!=", "<", "<=", ">", ">=", "contains", "starts with"]

MAX_LENGTH = 300
_QUOTED_LATER = r"(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)"
_AND = re.compile(rf"(?:\s+and\s+|\s*&&\s*|并且|而且|且|；|;){_QUOTED_LATER}", re.IGNORECASE)
_OR = re.compile(rf"(?:\s+or\s+|\|\||或者|或){_QUOTED_LATER}", re.IGNORECASE)
_MORE = r"(?:greater|more|larger|higher|later|bigger) than|above|over|after"
_LESS = r"(?:less|fewer|smaller|lower|earlier) than|below|under|before"
_WORDS: tuple[tuple[str, Operator], ...] = (
    (r"大于等于|不小于|\s+(?:is )?at least\s+", ">="),
    (r"小于等于|不大于|不超过|\s+(?:is )?at most\s+", "<="),
    (r"不等于|不是|\s+is not\s+|\s+not equals?(?: to)?\s+", "!="),
    (rf"大于|高于|超过|晚于|\s+(?:is )?(?:{_MORE})\s+", ">"),
    (rf"小于|低于|少于|早于|\s+(?:is )?(?:{_LESS})\s+", "<"),
    (r"包含|含有|\s+contains?\s+|\s+like\s+", "contains"),
    (r"开头是|\s+starts? with\s+|\s+begins? with\s+", "starts with"),
    (r"等于|是|为|\s+is\s+|\s+equals?(?: to)?\s+", "="),
)
_SIGNS: tuple[Operator, ...] = (">=", "<=", "!=", "=", ">", "<")
_SIGN = re.compile(r"\s*(>=|<=|!=|<>|==|=|>|<)\s*")
_WORD_PATTERNS = tuple((re.compile(pattern, re.IGNORECASE), operator) for pattern, operator in _WORDS)


@dataclass(frozen=True, slots=True)
class Condition:
    """A column compared with a value, both as written."""

    column: str
    operator: Operator
    value: str


def parse_conditions(text: str) -> list[Condition]:
    """The conditions that must all hold; none where the text is blank.

    Raises:
        ToolError: BAD_CONDITION, with the part that is not understood.
    """
    cleaned = unicodedata.normalize("NFKC", text.translate({0x2265: ">=", 0x2264: "<=", 0x2260: "!="})).strip()
    cleaned = re.sub(r"^where\s+", "", cleaned, flags=re.IGNORECASE)
    if not cleaned:
        return []
    if len(cleaned) > MAX_LENGTH:
        raise ToolError(
            f"the condition has {len(cleaned)} characters: use at most {MAX_LENGTH}", reason="BAD_CONDITION"
        )
    if _OR.search(cleaned):
        raise ToolError(
            f"conditions can be joined with 'and' only, got {cleaned!r}: ask once for each", reason="BAD_CONDITION"
        )
    return [_parse_one(part) for part in _AND.split(cleaned)]


def _parse_one(text: str) -> Condition:
    match, operator = _SIGN.search(text), ""
    if match:
        operator = {"<>": "!=", "==": "="}.get(match[1], match[1])
    else:
        match, operator = _word_operator(text)
    column = _unquoted(text[: match.start()]) if match else ""
    value = _unquoted(text[match.end() :]) if match else ""
    if not column or not value:
        raise ToolError(
            f"cannot read the condition {text!r}: write a column, = != < > or contains, and a value, "
            "such as region = North",
            reason="BAD_CONDITION",
        )
    return Condition(column, _checked(operator), value)


def _word_operator(text: str) -> tuple[re.Match[str] | None, str]:
    for pattern, operator in _WORD_PATTERNS:
        if match := pattern.search(text):
            return match, operator
    return None, ""


def _checked(operator: str) -> Operator:
    return next(known for known in (*_SIGNS, *(operator for _, operator in _WORDS)) if known == operator)


def _unquoted(text: str) -> str:
    stripped = text.strip()
    for quote in ('"', "'", "`"):
        if len(stripped) >= 2 and stripped[0] == stripped[-1] == quote:
            return stripped[1:-1]
    return stripped.strip("“”‘’")
