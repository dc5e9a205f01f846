"""Numbers as people say them, in English and Chinese."""

from random import Random

from toolmesh_dialogues.dialogue import Language
from toolmesh_dialogues.values.spoken_value import SpokenValue

_ONES = [
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
]
_TENS = ["zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_DIGITS = "零一二三四五六七八九"
_PARTS = {
    0.5: ("half", "一半"),
    0.25: ("a quarter", "四分之一"),
    0.75: ("three quarters", "四分之三"),
    0.1: ("a tenth", "一成"),
}
_HALVES = {0.5: "and a half", 0.25: "and a quarter", 0.75: "and three quarters"}


def english_words(number: int) -> str:
    """A whole number from 0 to 999,999 in English words."""
    if number < 20:
        return _ONES[number]
    if number < 100:
        return _TENS[number // 10] + (f"-{_ONES[number % 10]}" if number % 10 else "")
    if number < 1000:
        rest = f" and {english_words(number % 100)}" if number % 100 else ""
        return f"{_ONES[number // 100]} hundred{rest}"
    rest = f" {english_words(number % 1000)}" if number % 1000 else ""
    return f"{english_words(number // 1000)} thousand{rest}"


def chinese_words(number: int) -> str:
    """A whole number from 0 to 99 in Chinese characters."""
    if number < 10:
        return _DIGITS[number]
    tens = "" if number < 20 else _DIGITS[number // 10]
    return f"{tens}十{_DIGITS[number % 10] if number % 10 else ''}"


def spoken_integer(rng: Random, number: int, language: Language) -> str:
    """One of the ways to say a whole number."""
    forms = [str(number)] * 4
    if language == "zh":
        if 0 <= number < 100:
            forms.append(chinese_words(number))
        if number >= 10_000 and number % 10_000 == 0:
            forms += [f"{number // 10_000}万"] * 3
        return rng.choice(forms)
    if 0 <= number <= 100 or (0 < number < 1_000_000 and number % 100 == 0):
        forms += [english_words(number)] * 2
    if number >= 1000:
        forms += [f"{number:,}"] * 3
    if number >= 1000 and number % 500 == 0 and number < 1_000_000:
        forms += [f"{number / 1000:g}k", f"{number / 1000:g} thousand"]
    if number >= 1_000_000 and number % 100_000 == 0:
        forms += [f"{number / 1_000_000:g} million"] * 3
    if number == 12:
        forms.append("a dozen")
    return rng.choice(forms)


def spoken_number(rng: Random, number: float, language: Language) -> str:
    """One of the ways to say a number that may have decimals."""
    if number == int(number):
        return spoken_integer(rng, int(number), language)
    whole, part = divmod(number, 1)
    if language == "en" and part in _HALVES and 0 < whole <= 20 and rng.random() < 0.4:
        return f"{english_words(int(whole))} {_HALVES[part]}"
    if language == "zh" and part == 0.5 and 0 < whole < 20 and rng.random() < 0.2:
        return f"{chinese_words(int(whole))}点五"
    return f"{number:g}" if abs(number) < 100_000 else f"{number:.2f}"


def fraction(rng: Random, language: Language, most: float = 1.0) -> SpokenValue:
    """A share of one, said as a percentage or a part: 0.05 is "5%", 0.5 is "half"."""
    steps = [0.005, 0.01, 0.015, 0.02, 0.025, 0.03, 0.035, 0.04, 0.045, 0.05, 0.06, 0.075, 0.08, 0.1, 0.12, 0.15, 0.2]
    steps += [0.25, 0.3, 0.4, 0.5, 0.6, 0.75, 0.8, 0.9, 0.95]
    value = rng.choice([step for step in steps if step <= most])
    if value in _PARTS and most >= 1 and rng.random() < 0.4:
        return SpokenValue(value, _PARTS[value][language == "zh"])
    return SpokenValue(value, rng.choice([_percentage(rng, value * 100, language)] * 5 + [f"{value:g}"]))


def percentage(rng: Random, language: Language, most: float = 100.0) -> SpokenValue:
    """A percentage that is written as its number: 5 is "5%"."""
    value = rng.choice([1, 2, 2.5, 3, 4, 4.5, 5, 7, 7.5, 8, 10, 12, 12.5, 15, 18, 20, 25, 30, 40, 50, 60, 75, 80, 90])
    value = value if value <= most else most / 2
    return SpokenValue(value, _percentage(rng, value, language))


def _percentage(rng: Random, percent: float, language: Language) -> str:
    percent = round(percent, 4)
    number = f"{percent:g}"
    if language == "zh":
        forms = [f"{number}%"] * 3
        if percent == int(percent) and 0 < percent < 100:
            forms.append(f"百分之{chinese_words(int(percent))}")
        return rng.choice(forms)
    forms = [f"{number}%"] * 3 + [f"{number} percent"] * 2
    if percent == int(percent):
        forms.append(f"{english_words(int(percent))} percent")
    return rng.choice(forms)
