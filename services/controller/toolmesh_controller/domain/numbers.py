"""Numbers as people write them, English and Chinese: 1,200  3.5  20%  $5  2 million  twenty-five  三十二  1万."""

import re
from collections.abc import Iterator
from math import isfinite

Number = int | float
# Longer rows of digits are keys or codes.
MOST_DIGITS = 24

_UNITS = dict(
    zip(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ],
        range(20),
        strict=True,
    )
)
_TENS = dict(
    zip(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], range(20, 100, 10), strict=True)
)
_SCALES = {"dozen": 12, "hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "k": 1000}
_CJK_DIGITS = {character: at for at, character in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_CJK_SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8}

_DIGITS = re.compile(
    r"(?:(?<![\w.@/-])|(?<=\d[-–~])|(?<=\bf/))(?:[$€£¥]\s?)?(?P<sign>(?<!\d)[-−+]?)"
    r"(?P<body>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
    r"(?P<exponent>[eE][-+]?\d{1,3})?"
    r"(?P<scale>\s?(?:hundred|thousand|million|billion)\b|[kK]\b|\s?[万亿千百])?(?P<percent>\s?%)?(?![\d@])",
    re.ASCII,
)
_BY = re.compile(r"(?<=\d)[x×](?=\d)")
_IDENTIFIER = re.compile(
    r"(?<![A-Za-z\d])[A-Za-z]{0,32}\d{1,32}(?![eE]\d+\b)[A-Za-z]\w{0,64}\d|\d+\.\d+\.\d+[\d.]*|(?<![A-Za-z])[A-Za-z]{1,32}[-_]?\d[\w-]{0,64}",
    re.ASCII,
)
_WORD = "|".join([*_UNITS, *_TENS, *("dozen", "hundred", "thousand", "million", "billion")])
_NEXT_WORD = rf"(?:(?<=hundred)\s+and\s+|(?<=thousand)\s+and\s+|[\s-]+)(?:{_WORD})"
_LARGE = "dozen|hundred|thousand|million|billion"
# "a dozen", "minus four", "two and a half"; a large word alone is no number ("a few hundred").
_WORDS = re.compile(
    rf"\b(?P<sign>(?:minus|negative)\s+)?(?:an?\s+(?=(?:{_LARGE})\b)|(?!{_LARGE}))(?P<words>(?:{_WORD})(?:{_NEXT_WORD})*)"
    r"(?P<half>\s+and\s+a\s+half)?\b",
    re.IGNORECASE,
)
_HALF = re.compile(r"\bhalf\s+an?\s+(?P<dozen>dozen\b)?", re.IGNORECASE)
_MINUS_CHARS = 12
_MINUS = re.compile(r"\b(?:minus|negative)\s+$", re.IGNORECASE)
_CJK_NUMBER = re.compile(
    r"(?<![零一二三四五六七八九十百千万亿两〇])[零一二三四五六七八九十百千万亿两〇]{1,16}(?![零一二三四五六七八九十百千万亿两〇])"
)
_CJK_COUNTABLE = re.compile(r"[个只条天年月日号点分秒元块米斤千公里小时加减乘除人次本张份%度的和]|$|[,，。、?？ ]")


def find_numbers(text: str) -> Iterator[tuple[int, int, Number]]:
    """(start, end, value) of each number, in order. Numbers inside identifiers such as AB12C or 10.0.0.1 are none."""
    text = _BY.sub(" ", text)
    identifiers = [match.span() for match in _IDENTIFIER.finditer(text)]
    halves = [(match.start(), match.end(), 6 if match["dozen"] else 0.5) for match in _HALF.finditer(text)]
    spans = [*_written_in_digits(text, identifiers), *_written_in_words(text), *halves, *_written_in_chinese(text)]
    yield from sorted(spans)


def _written_in_digits(text: str, identifiers: list[tuple[int, int]]) -> Iterator[tuple[int, int, Number]]:
    for match in _DIGITS.finditer(text):
        if any(start <= match.start("body") < end for start, end in identifiers):
            continue
        if len(match["body"]) > MOST_DIGITS:
            continue
        value = as_number(match["body"].replace(",", "") + (match["exponent"] or ""))
        if not isfinite(value):
            continue
        scale = (match["scale"] or "").strip()
        if scale:
            value = _tidy(value * (_SCALES.get(scale.lower()) or _CJK_SCALES.get(scale, 1)))
        said_minus = _MINUS.search(text, max(0, match.start() - _MINUS_CHARS), match.start())
        negative = match["sign"] in ("-", "−") or said_minus is not None
        yield said_minus.start() if said_minus else match.start(), match.end(), -value if negative else value


def _written_in_words(text: str) -> Iterator[tuple[int, int, Number]]:
    for match in _WORDS.finditer(text):
        if _HALF.match(text, match.start() - 5):
            continue
        words = [word for word in re.split(r"[\s-]+", match["words"].lower()) if word != "and"]
        value = _sum_of_words(words) + (0.5 if match["half"] else 0)
        yield match.start(), match.end(), -value if match["sign"] else value


def _sum_of_words(words: list[str]) -> int:
    total, group = 0, int(words[0] in _SCALES)
    for word in words:
        if word in _UNITS or word in _TENS:
            group += _UNITS.get(word, _TENS.get(word, 0))
        elif word in ("hundred", "dozen"):
            group *= _SCALES[word]
        else:
            total, group = total + group * _SCALES[word], 0
    return total + group


def _written_in_chinese(text: str) -> Iterator[tuple[int, int, Number]]:
    for match in _CJK_NUMBER.finditer(text):
        plain = len(match.group()) > 1 or _CJK_COUNTABLE.match(text, match.end())
        if plain and match.group() not in _CJK_SCALES:
            yield match.start(), match.end(), _sum_of_chinese(match.group())


def _sum_of_chinese(run: str) -> int:
    if not any(character in _CJK_SCALES for character in run):
        return int("".join(str(_CJK_DIGITS[character]) for character in run))
    total, section, digit = 0, 0, 0
    for character in run:
        if character in _CJK_DIGITS:
            digit = _CJK_DIGITS[character]
        elif _CJK_SCALES[character] >= 10**4:
            total, section, digit = total + (section + digit) * _CJK_SCALES[character], 0, 0
        else:
            section, digit = section + (digit or 1) * _CJK_SCALES[character], 0
    return total + section + digit


def as_number(text: str) -> Number:
    """An int where it is written as one, else a float."""
    return float(text) if any(mark in text for mark in ".eE") else int(text)


def _tidy(value: Number) -> Number:
    return int(value) if float(value).is_integer() else value
