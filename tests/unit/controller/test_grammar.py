"""Grammars from schemas: bounded, and with the schema's own limits."""

from toolmesh_controller.domain.copying import span_rules, units_of
from toolmesh_controller.domain.grammar import Bounds, GrammarWriter
from toolmesh_controller.domain.tool_schema import kind_of, parameters_of


def root_of(schema: dict[str, object], **kwargs: object) -> str:
    writer = GrammarWriter(Bounds(), **kwargs)  # type: ignore[arg-type]
    return writer.text(writer.value(schema))


def test_every_repetition_has_a_limit() -> None:
    text = root_of(
        {
            "type": "object",
            "properties": {"a": {"type": "array", "items": {"type": "string"}}, "n": {"type": "number"}, "x": {}},
            "required": ["a", "n", "x"],
        }
    )
    assert "*" not in text.replace('"*"', "")
    assert "+" not in text.replace("[0-9.+-]", "")
    assert ",}" not in text


def test_a_strings_limit_is_the_schemas_or_ours() -> None:
    assert "char{2,5}" in root_of({"type": "string", "minLength": 2, "maxLength": 5})
    assert "char{0,200}" in root_of({"type": "string", "maxLength": 10_000})


def test_a_minimum_of_zero_takes_the_sign_away() -> None:
    assert '"-"?' in root_of({"type": "integer"})
    assert '"-"?' not in root_of({"type": "integer", "minimum": 0})


def test_an_enumeration_is_its_values_only() -> None:
    assert root_of({"enum": ["a", 2, None]}) == 'root ::= "\\"a\\"" | "2" | "null"'


def test_required_members_come_first_and_optional_ones_may_be_left_out() -> None:
    schema = {"type": "object", "properties": {"o": {"type": "null"}, "r": {"type": "null"}}, "required": ["r"]}
    assert root_of(schema) == 'root ::= "{" ("\\"r\\": " "null" (", " "\\"o\\": " "null")?) "}"'


def test_a_schema_that_contains_itself_gives_a_finite_grammar() -> None:
    schema = {
        "type": "object",
        "properties": {"tree": {"$ref": "#/$defs/node"}},
        "$defs": {"node": {"type": "object", "properties": {"left": {"$ref": "#/$defs/node"}}}},
    }
    assert len(root_of({**schema, "properties": {item.name: item.node for item in parameters_of(schema)}})) < 20_000


def test_references_and_all_of_are_resolved() -> None:
    schema = {
        "type": "object",
        "properties": {"size": {"allOf": [{"$ref": "#/$defs/size"}], "description": "How big"}},
        "$defs": {"size": {"enum": ["s", "m"]}},
    }
    (size,) = parameters_of(schema)
    assert (size.kind, size.description, size.required) == ("enum", "How big", False)


def test_a_copied_string_is_a_span_of_the_request() -> None:
    text = "Fly from Rome to New York"
    starts, rules = span_rules(text, units_of(text))
    assert rules["w4"] == '"New" (" " w5)?'
    assert rules["w5"] == '"York"'
    assert "w1 |" not in starts, "a span does not start with a preposition"


def test_a_copied_text_is_escaped_for_json_and_grammar() -> None:
    text = 'say a"b'
    _, rules = span_rules(text, units_of(text))
    assert '"a" "\\\\\\"" w2' in rules.values()


def test_no_repetition_stands_inside_another_one() -> None:
    """llama.cpp multiplies them and refuses the grammar."""
    for item in ({"type": "string"}, {"type": "number"}, {"type": "array", "items": {"type": "string"}}):
        for line in root_of({"type": "array", "items": item}).splitlines():
            inside, _, _ = line.partition("){0,15}")
            assert inside == line or "{" not in inside.rpartition("(")[2]


def test_a_number_that_may_be_text_is_written_as_a_number() -> None:
    assert kind_of({"type": ["integer", "string"], "pattern": "^[0-9]+$"}) == "integer"
    assert kind_of({"type": ["string", "integer"]}) == "choice"


def test_an_object_whose_members_exclude_each_other_is_an_object() -> None:
    node = {"type": "object", "properties": {"a": {}, "b": {}}, "oneOf": [{"required": ["a"]}, {"required": ["b"]}]}
    assert kind_of(node) == "object"
