"""Arithmetic in a request: found, and written as one expression ("3 times 4" is "3 * 4")."""

import re

from toolmesh_controller.domain.words import word_set

# Every repetition is bounded and begins at a border, so that no text takes more than linear time.
_NUMBER = r"(?<!\d)\d{1,20}(?:,\d{3}){0,6}(?:\.\d{1,20})?%?"
_OPERATORS = (
    (r"\*\*|\^|to the power of|的?次方", "**"),
    (r"times|multiplied by|x|×|\*|乘以|乘", "*"),
    (r"divided by|over|÷|/|除以", "/"),
    (r"plus|added to|\+|加上|加", "+"),
    (r"minus|less|[-−–]|减去|减", "-"),
)
_ANY = "|".join(pattern for pattern, _ in _OPERATORS)
_EXPRESSION = re.compile(
    rf"\({{0,4}}-?{_NUMBER}\s?\){{0,4}}(?:\s{{0,2}}(?:{_ANY})\s{{0,2}}\({{0,4}}-?{_NUMBER}\s?\){{0,4}}){{1,20}}",
    re.IGNORECASE,
)
_OPERATOR = re.compile(rf"\s*({_ANY})\s*", re.IGNORECASE)
_NOT_ARITHMETIC = re.compile(r"^\d{4}-\d{1,2}-\d{1,2}|^\d{1,2}/\d{1,2}/\d{4}|^\d+-\d+-\d+|^\d{4}[-–]\d{4}$")
_VALUE = r"(?<![\d,])\d[\d,]{0,24}(?:\.\d{1,20})?"
_POWER = (
    rf"(?P<base>{_VALUE})\s?(?:的\s?(?P<power>\d{{1,4}})\s?次方"
    r"|(?P<squared>squared|的平方(?!根))|(?P<cubed>cubed|的立方(?!根)))"
)
_ROOT = rf"(?:the )?square root of (?P<root>{_VALUE})|(?P<cjk_root>{_VALUE})\s?的平方根"
_TIP = (
    rf"(?P<tip>{_VALUE})\s?(?:%|percent) (?:(?:tip|discount|tax) )?(?:on|of|off) "
    rf"\D{{0,12}}?(?P<bill>{_VALUE})"
)
_SPOKEN = re.compile(f"{_POWER}|{_ROOT}|{_TIP}", re.IGNORECASE)
_FUNCTIONS = re.compile(
    r"\b(?:sqrt|log|ln|sin|cos|tan|abs|round|min|max|average)\s?\([^()\n]{0,80}(?:\([^()\n]{0,80}\)[^()\n]{0,80}){0,4}\)"
    r"(?:\s?[-+*/^]{1,2}\s?[\w.()]{1,40}){0,10}"
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
