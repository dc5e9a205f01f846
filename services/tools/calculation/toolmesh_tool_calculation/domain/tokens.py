"""Cuts an expression into tokens: numbers, dates, words, units and signs, in English and Chinese."""

import re
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal

from toolmesh_core.errors import ToolError
from toolmesh_tool_calculation.domain.calendar_dates import (
    RELATIVE_DAYS,
    YEAR_FIRST,
    made_date,
    shifted,
    year_first_parts,
)
from toolmesh_tool_calculation.domain.phrases import tidy
from toolmesh_tool_calculation.domain.unit_names import CHINESE

MAX_LENGTH = 500
MAX_TOKENS = 300
MAX_EXPONENT = 400

Kind = Literal["number", "date", "word", "sign", "end"]


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of an expression.

    Attributes:
        value: of a number or date; None else.
    """

    kind: Kind
    text: str
    value: Fraction | date | None = None


_WORDS = {
    "plus": "+",
    "minus": "-",
    "times": "*",
    "over": "/",
    "modulo": "mod",
    "into": "to",
    "as": "to",
    "percent": "%",
    "x": "*",
    "add": "+",
    "subtract": "-",
}
_CHINESE_OPERATORS = {
    "加上": "+",
    "加": "+",
    "减去": "-",
    "减": "-",
    "乘以": "*",
    "乘": "*",
    "除以": "/",
    "换算成": "to",
    "转换成": "to",
    "换成": "to",
    "等于": "to",
    "的": "of",
    "每": "/",
    "万": "ten_thousand",
    "亿": "hundred_million",
    "圆周率": "pi",
}
_CHINESE_WORDS = sorted(
    [*CHINESE, *_CHINESE_OPERATORS, *(day for day in RELATIVE_DAYS if not day.isascii())], key=len, reverse=True
)
_NUMBER = r"\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|(?:\d+\.?\d*|\.\d+)"
_PLAIN_NUMBER = r"\d+\.?\d*|\.\d+"
_TOKEN = {
    grouped: re.compile(
        rf"(?P<date>(?<!\d){YEAR_FIRST}(?!\d))"
        rf"|(?P<number>(?:{_NUMBER if grouped else _PLAIN_NUMBER})(?:[eE][+-]?\d+(?![A-Za-z]))?)"
        rf"|(?P<chinese>{'|'.join(_CHINESE_WORDS)})"
        r"|(?P<word>°[CFcf]?|[A-Za-z_µμΩÀ-ÿ]+)"
        r"|(?P<sign>\*\*|//|[-+*/^%!(),])"
    )
    for grouped in (True, False)
}


def tokenize(expression: str, today: date) -> list[Token]:
    """The tokens of an expression, "end" last.

    Raises:
        ToolError: BAD_EXPRESSION, with the text at which it stops to make sense; TOO_LARGE.
    """
    if len(expression) > MAX_LENGTH:
        raise ToolError(
            f"the expression has {len(expression)} characters: use at most {MAX_LENGTH}", reason="TOO_LARGE"
        )
    text, position, calls = tidy(expression), 0, [False]
    tokens: list[Token] = []
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        # Within a function's parentheses a comma parts arguments: max(1,234) has two.
        match = _TOKEN[not calls[-1]].match(text, position)
        if not match or len(tokens) >= MAX_TOKENS:
            raise cannot_read(expression, text[position : position + 20])
        token = _token(match, today)
        if token.text == "(":
            calls.append(bool(tokens) and tokens[-1].kind == "word")
        elif token.text == ")" and len(calls) > 1:
            calls.pop()
        tokens.append(token)
        position = match.end()
    return [*tokens, Token("end", "the end")]


def _token(match: re.Match[str], today: date) -> Token:
    text = match.group()
    if match["date"]:
        return Token("date", text, made_date(*year_first_parts(match), text))
    if match["number"]:
        return Token("number", text, _number(text))
    if match["sign"]:
        return Token("sign", {"**": "^"}.get(text, text))
    if text.lower() in RELATIVE_DAYS:
        return Token("date", text, shifted(today, RELATIVE_DAYS[text.lower()]))
    word = _CHINESE_OPERATORS.get(text) or _WORDS.get(text.lower(), text)
    return Token("word" if word[0].isalpha() or word[0] == "°" else "sign", word)


def _number(text: str) -> Fraction:
    mantissa, _, exponent = text.replace(",", "").lower().partition("e")
    if len(mantissa) > 200 or abs(int(exponent or 0)) > MAX_EXPONENT:
        raise ToolError(
            f"the number {text[:30]} is too long: use at most 200 digits and exponents to {MAX_EXPONENT}",
            reason="TOO_LARGE",
        )
    return Fraction(mantissa) * Fraction(10) ** int(exponent or 0)


def cannot_read(expression: str, where: str) -> ToolError:
    """The refusal of an expression, with the place."""
    place = f"at {where!r}" if where else "at its end"
    return ToolError(
        f"cannot read {expression[:80]!r} {place}: write numbers, + - * / ^ %, parentheses, units, dates "
        "and functions such as sqrt or round",
        reason="BAD_EXPRESSION",
    )
