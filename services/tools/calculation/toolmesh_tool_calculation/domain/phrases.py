"""Turns spoken arithmetic into signs: "15 divided by 4", "45 days after 2024-03-01", "2的10次方"."""

import re
import unicodedata

from toolmesh_core.errors import ToolError

_DATE = (
    r"(?:\d{4}-\d{1,2}-\d{1,2}|\d{4}/\d{1,2}/\d{1,2}|\d{4}年\d{1,2}月\d{1,2}[日号]?"
    r"|today|tomorrow|yesterday|今天|明天|昨天)"
)
_SPAN = r"(?:\d+ ?(?:days?|weeks?|months?|years?)(?: and )?)+"
_CHINESE_SPAN = r"\d+ ?(?:天|周|个?星期|个?月|年)"

_PHRASES = (
    (rf"(?:how many )?days (?:are there )?(?:between|from) ({_DATE}) (?:and|to|until) ({_DATE})", r"\2 - \1"),
    (rf"(?:how many )?days (?:until|till|to) ({_DATE})", r"\1 - today"),
    (rf"(?:how many )?days since ({_DATE})", r"today - \1"),
    (rf"({_SPAN}) (?:after|from) ({_DATE})", r"\2 + \1"),
    (rf"({_SPAN}) before ({_DATE})", r"\2 - (\1)"),
    (rf"(?:从)?({_DATE})(?:到|至)({_DATE})(?:之间)?(?:一共)?(?:共|相差|有|相隔)?(?:多少天|几天)?", r"\2 - \1"),
    (rf"({_DATE})(?:的|再过|过|之后|后|起)?({_CHINESE_SPAN})(?:之后|以后|后)?", r"\1 + \2"),
    (rf"({_DATE})的?({_CHINESE_SPAN})(?:之前|以前|前)", r"\1 - \2"),
    (r"\b(?:multiplied|times) by\b|\bmultiply by\b", " * "),
    (r"\bdivided by\b|\bdivide by\b", " / "),
    (r"\b(?:raised )?to the power(?: of)?\b", " ^ "),
    (r"\b(?:the )?(?:square root|sqrt) of\b", " sqrt "),
    (r"\bsquared\b", "^2"),
    (r"\bcubed\b", "^3"),
    (r"百分之\s*(\d+(?:\.\d+)?)", r"\1%"),
    (r"的\s*(\d+)\s*次方", r"^\1"),
    (r"的平方根", "^0.5"),
    (r"的平方(?![公千米厘英])", "^2"),
    (r"的立方(?![米厘])", "^3"),
)
_COMPILED = tuple((re.compile(pattern, re.IGNORECASE), replacement) for pattern, replacement in _PHRASES)
_ORDER = sorted(_COMPILED, key=lambda item: "前" not in item[0].pattern)
"""Chinese "前" (before) is tried ahead of the phrase for "after", whose last word may be missing."""
_START = re.compile(
    r"^\s*(?:(?:please|what(?:'s| is| are)|calculate|compute|evaluate|work out|how much is|find)\b\s*"
    r"|请?帮?我?(?:计算一下|计算|算一下|算出|求)\s*)+",
    re.IGNORECASE,
)
_END = re.compile(r"\s*(?:[=?。]|等于多少|等于几|是多少|是几号|是哪天|是哪一天|是几|多少)+\s*$")
_SIGNS = str.maketrans(
    {"×": "*", "·": "*", "÷": "/", "−": "-", "–": "-", "—": "-", "∕": "/", "、": ",", "[": "(", "]": ")"}
    | {"²": "^2", "³": "^3", "√": " sqrt ", "’": "'"}
)
_HEXADECIMAL = re.compile(r"(?<![\d.,])0[xX][\da-fA-F]")
CURRENCY_SIGNS = "$€£¥₹"


def tidy(expression: str) -> str:
    """The expression in plain signs, less politeness.

    Raises:
        ToolError: MIXED_CURRENCIES, since "$5 + €3" needs a rate; BAD_EXPRESSION for 0x10, where x would mean times.
    """
    text = unicodedata.normalize("NFKC", expression.translate(_SIGNS))
    signs = sorted({sign for sign in text if sign in CURRENCY_SIGNS})
    if len(signs) > 1:
        raise ToolError(
            f"the expression mixes {' and '.join(signs)}: bring them to one currency with convert_currency first",
            reason="MIXED_CURRENCIES",
        )
    for sign in signs:
        text = text.replace(sign, " ")
    if _HEXADECIMAL.search(text):
        raise ToolError("hexadecimal numbers are not known: write decimals", reason="BAD_EXPRESSION")
    text = _END.sub("", _START.sub("", text))
    for pattern, replacement in _ORDER:
        text = pattern.sub(replacement, text)
    return text
