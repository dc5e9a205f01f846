"""Draws a value for a parameter. `draw` is a kind with its bounds: "integer 1 20", "word city", "list number 1 9"."""

import math
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from toolmesh_dialogues.dialogue import Language
from toolmesh_dialogues.gallery.gallery_tool import Parameter
from toolmesh_dialogues.values.guess import guessed_draw
from toolmesh_dialogues.values.identifiers import IDENTIFIERS
from toolmesh_dialogues.values.moments import draw_date, draw_loose_date, draw_minutes, draw_time
from toolmesh_dialogues.values.names import name_words
from toolmesh_dialogues.values.numerals import fraction, percentage, spoken_integer, spoken_number
from toolmesh_dialogues.values.spoken_value import SpokenValue, said
from toolmesh_dialogues.values.word_lists import draw_word

_Draw = Callable[[Random, Parameter, Sequence[str], Language], SpokenValue]


def draw_value(rng: Random, parameter: Parameter, language: Language) -> SpokenValue:
    """A value that is valid under the parameter's schema, with one of the ways to say it."""
    kind, *bounds = parameter.draw.split(" ")
    return _DRAWS[kind](rng, parameter, bounds, language)


def _integer(rng: Random, parameter: Parameter, bounds: Sequence[str], language: Language) -> SpokenValue:
    low, high = (int(float(bound)) for bound in bounds) if bounds else (1, 100)
    value = rng.randint(low, high)
    if high > 1000 and rng.random() < 0.7:
        value = max(low, round(value, -int(math.log10(max(value, 1)))) or value)
    return SpokenValue(value, spoken_integer(rng, value, language))


def _year(rng: Random, parameter: Parameter, bounds: Sequence[str], language: Language) -> SpokenValue:
    value = rng.randint(*(int(bound) for bound in bounds)) if bounds else rng.randint(1950, 2026)
    return SpokenValue(value, str(value))


def _number(rng: Random, parameter: Parameter, bounds: Sequence[str], language: Language) -> SpokenValue:
    low, high = (float(bound) for bound in bounds) if bounds else (1.0, 100.0)
    digits = 3 if high <= 1 else rng.choice((0, 0, 0, 1, 1, 2))
    value = round(rng.uniform(low, high), digits)
    if digits == 1 and high > 2 and rng.random() < 0.3:
        value = math.floor(value) + 0.5
    value = min(max(value, low), high)
    shown: float = int(value) if value == int(value) else value
    return SpokenValue(shown, spoken_number(rng, shown, language))


def _money(rng: Random, parameter: Parameter, bounds: Sequence[str], language: Language) -> SpokenValue:
    drawn = _integer(rng, parameter, bounds or ("5", "900000"), language)
    if rng.random() < 0.25 and drawn.value < 1000 and parameter.schema.get("type") == "number":
        value = drawn.value + rng.choice((0.5, 0.25, 0.99, 0.75))
        return SpokenValue(value, f"{value:.2f}")
    return drawn


def _dollars(rng: Random, parameter: Parameter, bounds: Sequence[str], language: Language) -> SpokenValue:
    drawn = _money(rng, parameter, bounds, language)
    if language == "zh":
        return SpokenValue(drawn.value, f"{drawn.text}元")
    plain = drawn.text[0].isdigit() and drawn.text[-1].isdigit()
    return SpokenValue(drawn.value, rng.choice((f"{drawn.text} dollars", f"${drawn.text}" if plain else drawn.text)))


def _fraction(rng: Random, parameter: Parameter, bounds: Sequence[str], language: Language) -> SpokenValue:
    return fraction(rng, language, float(bounds[0]) if bounds else 1.0)


def _percent(rng: Random, parameter: Parameter, bounds: Sequence[str], language: Language) -> SpokenValue:
    drawn = percentage(rng, language, float(bounds[0]) if bounds else 100.0)
    if parameter.schema.get("type") == "integer" and drawn.value != int(drawn.value):
        return _percent(rng, parameter, bounds, language)
    return drawn


def _word(rng: Random, parameter: Parameter, bounds: Sequence[str], language: Language) -> SpokenValue:
    drawn = draw_word(rng, bounds[0], language)
    if bounds[0] in _QUOTED_TOPICS and rng.random() < 0.7:
        marks = ("“", "”") if language == "zh" else rng.choice((('"', '"'), ("'", "'")))
        return SpokenValue(drawn.value, f"{marks[0]}{drawn.text}{marks[1]}")
    return drawn


# Whole sentences are mostly set off from the request around them.
_QUOTED_TOPICS = {"sentence", "message"}


def _choice(rng: Random, parameter: Parameter, bounds: Sequence[str], language: Language) -> SpokenValue:
    value = rng.choice(list(parameter.schema["enum"]))
    return SpokenValue(value, _spoken_choice(parameter, value, language))


def _spoken_choice(parameter: Parameter, value: Any, language: Language) -> str:
    spoken = parameter.spoken.get(language, {})
    return spoken.get(str(value)) or " ".join(name_words(str(value))) or str(value)


def _example(rng: Random, parameter: Parameter, bounds: Sequence[str], language: Language) -> SpokenValue:
    return said(rng.choice(" ".join(bounds).split("|")))


def _flag(rng: Random, parameter: Parameter, bounds: Sequence[str], language: Language) -> SpokenValue:
    value = rng.random() < 0.7
    yes = {"en": ("yes", "no"), "zh": ("是", "否")}[language]
    return SpokenValue(value, yes[not value])


def _list(rng: Random, parameter: Parameter, bounds: Sequence[str], language: Language) -> SpokenValue:
    schema: Mapping[str, Any] = parameter.schema.get("items", {"type": "string"})
    item = Parameter(parameter.name, schema, " ".join(bounds) or guessed_draw(parameter.name, "", schema))
    numeric = schema.get("type") in ("number", "integer")
    kind = parameter.draw.split(" ")[0]
    length = _LENGTHS.get(kind) or (rng.randint(3, 6) if numeric else rng.randint(2, 4))
    drawn = [draw_value(rng, item, language) for _ in range(length)]
    if not numeric:
        drawn = list({str(one.value): one for one in drawn}.values())
    texts = [f"{one.value:g}" if numeric else one.text for one in drawn]
    return SpokenValue([one.value for one in drawn], _joined(rng, texts, language, bracketed=numeric))


# Kinds of list whose length is fixed, such as a point of a plane.
_LENGTHS = {"list2": 2, "list3": 3}


def _joined(rng: Random, texts: Sequence[str], language: Language, *, bracketed: bool) -> str:
    if bracketed and rng.random() < 0.35:
        return f"[{', '.join(texts)}]"
    if language == "zh":
        return "、".join(texts)
    return f"{', '.join(texts[:-1])} and {texts[-1]}" if len(texts) > 1 else texts[0]


def _object(rng: Random, parameter: Parameter, bounds: Sequence[str], language: Language) -> SpokenValue:
    required = parameter.schema.get("required")
    value: dict[str, Any] = {}
    texts = []
    for name, schema in parameter.schema.get("properties", {}).items():
        if required is not None and name not in required and rng.random() < 0.5:
            continue
        described = guessed_draw(name, str(schema.get("description", "")), schema)
        drawn = draw_value(rng, Parameter(name, schema, described), language)
        value[name] = drawn.value
        texts.append(f"{' '.join(name_words(name))} {drawn.text}")
    return SpokenValue(value, _joined(rng, texts, language, bracketed=False) if texts else "")


def _plain_identifier(kind: str) -> _Draw:
    return lambda rng, parameter, bounds, language: said(IDENTIFIERS[kind](rng))


def _of_language(draw: Callable[[Random, Language], SpokenValue]) -> _Draw:
    return lambda rng, parameter, bounds, language: draw(rng, language)


_DRAWS: Mapping[str, _Draw] = {
    "integer": _integer,
    "year": _year,
    "number": _number,
    "money": _money,
    "dollars": _dollars,
    "fraction": _fraction,
    "percent": _percent,
    "word": _word,
    "choice": _choice,
    "example": _example,
    "flag": _flag,
    "list": _list,
    "list2": _list,
    "list3": _list,
    "object": _object,
    "date": _of_language(draw_date),
    "loose_date": _of_language(draw_loose_date),
    "time": _of_language(draw_time),
    "minutes": _of_language(draw_minutes),
    **{kind: _plain_identifier(kind) for kind in IDENTIFIERS},
}
