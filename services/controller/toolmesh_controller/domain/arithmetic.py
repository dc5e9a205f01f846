"""Arithmetic in a request: found, and written as one expression ("3 times 4" is "3 * 4")."""

import re

from toolmesh_controller.domain.words import word_set

_NUMBER = r"\d+(?:,\d{3})*(?:\.\d+)?%?"
_OPERATORS = (
    (r"\*\*|\^|to the power of|的?次方", "**"),
    (r"times|multiplied by|x|×|\*|乘以|乘", "*"),
    (r"divided by|over|÷|/|除以", "/"),
    (r"plus|added to|\+|加上|加", "+"),
    (r"minus|less|[-−–]|减去|减", "-"),
)
_ANY = "|".join(pattern for pattern, _ in _OPERATORS)
_EXPRESSION = re.compile(rf"\(*\s*-?{_NUMBER}\s*\)*(?:\s*(?:{_ANY})\s*\(*\s*-?{_NUMBER}\s*\)*)+", re.IGNORECASE)
_OPERATOR = re.compile(rf"\s*({_ANY})\s*", re.IGNORECASE)
_NOT_ARITHMETIC = re.compile(r"^\d{4}-\d{1,2}-\d{1,2}|^\d{1,2}/\d{1,2}/\d{4}|^\d+-\d+-\d+")
_VALUE = r"\d[\d,]*(?:\.\d+)?"
_POWER = (
    rf"(?P<base>{_VALUE})\s*(?:的\s*(?P<power>\d+)\s*次方"
    r"|(?P<squared>squared|的平方(?!根))|(?P<cubed>cubed|的立方(?!根)))"
)
_ROOT = rf"(?:the\s+)?square root of\s+(?P<root>{_VALUE})|(?P<cjk_root>{_VALUE})\s*的平方根"
_TIP = rf"(?P<tip>{_VALUE})\s*(?:%|percent)\s+(?:tip|discount|tax)?\s*(?:on|of|off)\s+\D{{0,12}}?(?P<bill>{_VALUE})"
_SPOKEN = re.compile(f"{_POWER}|{_ROOT}|{_TIP}", re.IGNORECASE)
_FUNCTIONS = re.compile(
    r"\b(?:sqrt|log|ln|sin|cos|tan|abs|round|min|max|average)\s*\([^()]*(?:\([^()]*\)[^()]*)*\)"
    r"(?:\s*[-+*/^]+\s*[\w.()]+)*"
)
_HINTS = word_set("calculate calculator arithmetic math mathematical expression evaluate compute")


def find_expression(text: str) -> tuple[int, int, str] | None:
    """(start, end, expression) of the first arithmetic in a text."""
    function = _FUNCTIONS.search(text)
    if function:
        return function.start(), function.end(), function.group().strip()
    spoken = _SPOKEN.search(text)
    if spoken:
        return spoken.start(), spoken.end(), _spoken(spoken)
    for match in _EXPRESSION.finditer(text):
        found = match.group().strip()
        if not _NOT_ARITHMETIC.match(found):
            start = match.start() + match.group().index(found)
            return start, start + len(found), _written(found)
    return None


def _spoken(match: re.Match[str]) -> str:
    said = {name: value.replace(",", "") for name, value in match.groupdict().items() if value}
    if "base" in said:
        return f"{said['base']} ** {said.get('power', '2' if 'squared' in said else '3')}"
    if "tip" in said:
        return f"{said['tip']} / 100 * {said['bill']}"
    return f"sqrt({said.get('root') or said['cjk_root']})"


def hint_words(text: str) -> frozenset[str]:
    """Stemmed words that a tool for arithmetic has, where the text holds some."""
    return _HINTS if find_expression(text) else frozenset()


def _written(found: str) -> str:
    def sign(match: re.Match[str]) -> str:
        operator = next(sign for pattern, sign in _OPERATORS if re.fullmatch(pattern, match.group(1), re.IGNORECASE))
        return f" {operator} "

    plain = _OPERATOR.sub(sign, found.replace(",", ""))
    return re.sub(r"\s+", " ", re.sub(r"(^|\()\s*- ", r"\1-", plain)).strip()
