"""Values and how they are said."""

from random import Random

import pytest

from toolmesh_core.json_schema import JsonSchema
from toolmesh_dialogues.dialogue import Language
from toolmesh_dialogues.gallery.gallery import Gallery
from toolmesh_dialogues.gallery.gallery_tool import Parameter
from toolmesh_dialogues.values.draw import draw_value
from toolmesh_dialogues.values.guess import guessed_draw
from toolmesh_dialogues.values.numerals import chinese_words, english_words


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_drawn_value_is_valid_under_its_schema(gallery: Gallery, language: Language) -> None:
    rng = Random(1)
    for tool in gallery.tools:
        for item in (*tool.parameters, *tool.returns):
            schema = JsonSchema(dict(item.schema))
            for _ in range(30):
                drawn = draw_value(rng, item, language)
                assert schema.is_valid(drawn.value), (tool.name, item.name, drawn)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zero"),
        (30, "thirty"),
        (42, "forty-two"),
        (115, "one hundred and fifteen"),
        (2300, "two thousand three hundred"),
    ],
)
def test_numbers_in_english_words(number: int, words: str) -> None:
    assert english_words(number) == words


@pytest.mark.parametrize(("number", "words"), [(7, "七"), (10, "十"), (13, "十三"), (40, "四十"), (95, "九十五")])
def test_numbers_in_chinese_words(number: int, words: str) -> None:
    assert chinese_words(number) == words


def test_a_fraction_is_said_as_a_percentage_or_a_part() -> None:
    item = Parameter("rate", {"type": "number"}, "fraction")
    said = {(drawn.value, drawn.text) for drawn in (draw_value(Random(seed), item, "en") for seed in range(600))}
    assert {(0.05, "5%"), (0.5, "half")} <= said


def test_an_enum_is_said_in_spoken_words() -> None:
    schema = {"type": "string", "enum": ["first_class"]}
    assert draw_value(Random(1), Parameter("cabin", schema, "choice"), "en").text == "first class"


@pytest.mark.parametrize(
    ("name", "description", "schema", "draw"),
    [
        ("departureCity", "", {"type": "string"}, "word city"),
        ("when", "", {"type": "string", "format": "date"}, "date"),
        ("kind", "The kind (e.g., hot, cold, mild)", {"type": "string"}, "example hot|cold|mild"),
        ("rate", "", {"type": "number"}, "fraction"),
        ("rating", "", {"type": "integer", "minimum": 1, "maximum": 3}, "integer 1 3"),
        ("colors", "", {"type": "array", "items": {"type": "string"}}, "list word colour"),
    ],
)
def test_the_draw_is_guessed_from_name_description_and_schema(
    name: str, description: str, schema: dict[str, object], draw: str
) -> None:
    assert guessed_draw(name, description, schema) == draw
