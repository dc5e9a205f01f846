"""Which arguments are written and what they are, before any LLM."""

from typing import Any

import pytest

from toolmesh_controller.domain.listed_values import listed_values, stated_default
from toolmesh_controller.domain.missing import missing_from, question_about
from toolmesh_controller.domain.request_text import request_text
from toolmesh_controller.domain.slots import Slot, slots_of
from toolmesh_controller.domain.tool_schema import parameters_of
from toolmesh_controller.domain.words import word_set


def slots(properties: dict[str, Any], required: list[str], request: str) -> list[Slot]:
    schema = {"type": "object", "properties": properties, "required": required}
    return slots_of(parameters_of(schema), request_text(request), frozenset())


def decided(properties: dict[str, Any], required: list[str], request: str) -> dict[str, Any]:
    return {slot.parameter.name: slot.value for slot in slots(properties, required, request) if slot.decided}


INT = {"type": "integer"}


def test_a_number_goes_to_the_parameter_whose_name_stands_beside_it() -> None:
    request = "a triangle with a height of 5 and a base of 10"
    assert decided({"base": INT, "height": INT}, ["base", "height"], request) == {"base": 10, "height": 5}


def test_numbers_without_names_go_in_order() -> None:
    assert decided({"a": INT, "b": INT}, ["a", "b"], "add 2 and 3") == {"a": 2, "b": 3}


def test_an_integer_takes_no_fraction() -> None:
    assert decided({"n": INT}, ["n"], "n is 2.5") == {}


def test_a_number_outside_the_schemas_range_is_not_taken() -> None:
    assert decided({"n": {"type": "integer", "maximum": 10}}, ["n"], "of 50 take 7") == {"n": 7}


@pytest.mark.parametrize(
    ("description", "value"), [("Annual rate", 0.05), ("Annual rate in percent", 5), ("Rate, e.g. 0.1", 0.05)]
)
def test_a_percentage_is_a_fraction_unless_the_rate_is_told_in_percent(description: str, value: float) -> None:
    assert decided({"rate": {"type": "number", "description": description}}, ["rate"], "at 5%") == {"rate": value}


def test_an_optional_argument_is_written_only_where_the_request_speaks_of_it() -> None:
    properties = {"n": INT, "precision": {"type": "integer", "description": "digits after the point"}}
    assert decided(properties, ["n"], "the root of 9") == {"n": 9}
    assert decided(properties, ["n"], "the root of 9 with a precision of 3") == {"n": 9, "precision": 3}


def test_an_enumeration_takes_the_value_that_is_said() -> None:
    unit = {"enum": ["celsius", "fahrenheit"]}
    assert decided({"unit": unit}, [], "the weather in Fahrenheit") == {"unit": "fahrenheit"}
    assert decided({"unit": unit}, [], "the weather") == {}


def test_a_value_that_the_description_names_is_taken_when_it_is_said() -> None:
    language = {"type": "string", "description": "Language (e.g., English, Spanish)"}
    assert decided({"language": language}, [], "labour laws in spanish") == {"language": "Spanish"}


def test_a_yes_or_no_is_true_where_it_is_named_and_false_where_it_is_negated() -> None:
    flag = {"breakfast": {"type": "boolean"}}
    assert decided(flag, [], "a room with breakfast") == {"breakfast": True}
    assert decided(flag, [], "a room without breakfast") == {"breakfast": False}


def test_a_default_stands_in_for_a_required_value_that_is_not_said() -> None:
    assert decided({"n": {"type": "integer", "default": 3}}, ["n"], "some") == {"n": 3}
    assert decided({"n": {"type": "integer", "description": "How many. Default is 4."}}, ["n"], "some") == {"n": 4}


def test_dates_and_addresses_go_where_they_are_asked_for() -> None:
    properties = {"to": {"type": "string", "format": "email"}, "day": {"type": "string", "format": "date"}}
    request = "write to ann@x.org on July 4, 2023"
    assert decided(properties, ["to", "day"], request) == {"to": "ann@x.org", "day": "2023-07-04"}


def test_a_date_follows_the_pattern_that_the_description_names() -> None:
    day = {"type": "string", "description": "Date as DD-MM-YYYY"}
    assert decided({"day": day}, ["day"], "on 2023-07-04") == {"day": "04-07-2023"}


def test_a_year_is_taken_out_of_a_date() -> None:
    assert decided({"year": INT}, ["year"], "on July 4, 2023") == {"year": 2023}


def test_a_literal_goes_to_an_array_of_its_kind() -> None:
    matrix = {"type": "array", "items": {"type": "array", "items": INT}}
    assert decided({"matrix": matrix}, ["matrix"], "invert [[1, 2], [3, 4]]") == {"matrix": [[1, 2], [3, 4]]}


def test_a_number_that_nobody_gave_is_missing() -> None:
    found = slots({"a": INT, "b": INT}, ["a", "b"], "add 2")
    missing = missing_from(found, request_text("add 2"), word_set("add numbers"))
    assert [slot.parameter.name for slot in missing] == ["b"]


def test_a_text_is_missing_only_where_no_word_is_left() -> None:
    own = word_set("get weather of a city")
    for request, lacking in (("what's the weather", ["city"]), ("the weather in Rome", [])):
        found = slots({"city": {"type": "string"}}, ["city"], request)
        assert [slot.parameter.name for slot in missing_from(found, request_text(request), own)] == lacking


def test_a_question_names_what_is_missing_in_the_users_language() -> None:
    found = slots({"city": {"type": "string", "description": "Name of the city."}}, ["city"], "weather")
    assert "city (Name of the city)" in question_about(found, request_is_chinese=False)
    assert question_about(found, request_is_chinese=True).startswith("请告诉我")


def test_listed_values_and_defaults_are_read_from_descriptions() -> None:
    assert listed_values("The unit, such as meters, feet or yards") == ("meters", "feet", "yards")
    assert listed_values("Either 'metric' or 'imperial'.") == ("metric", "imperial")
    assert listed_values("The name of the city") == ()
    assert stated_default('Optional; defaults to "km".', "string") == "km"
    assert stated_default("By default, true.", "boolean") is True
    assert stated_default("The default colour", "string") is None
