"""What makes a tool acceptable."""

from collections.abc import Callable

import pytest

from toolmesh_core.errors import InvalidInput
from toolmesh_tool_router.domain.tool_definition import ToolDefinition, check_definitions

Make = Callable[..., ToolDefinition]


def test_a_good_tool_is_accepted(definition: Make) -> None:
    check_definitions("calc", [definition("add", output_schema_json='{"type":"integer"}', timeout_s=1.0)])


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"name": "a b"}, "name must be 1 to 64"),
        ({"name": "x" * 65}, "name must be 1 to 64"),
        ({"description": " "}, "has no description"),
        ({"timeout_s": 0.0}, "timeout must be over 0 s, got 0"),
        ({"arguments_schema_json": "{"}, "arguments schema is not JSON"),
        ({"arguments_schema_json": '{"type":"string"}'}, '"type": "object"'),
        ({"arguments_schema_json": "[]"}, '"type": "object"'),
        ({"arguments_schema_json": '{"type":"object","properties":{"a":{"type":"intger"}}}'}, "not a JSON Schema"),
        ({"arguments_schema_json": '{"type":"object","x":"' + "x" * 70_000 + '"}'}, "at most 65536"),
        ({"output_schema_json": '{"minimum":"x"}'}, "output schema is not a JSON Schema"),
    ],
)
def test_a_bad_tool_is_refused_with_its_reason(definition: Make, changes: dict[str, object], wanted: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_definitions("calc", [definition(**{"name": "add", **changes})])
    assert wanted in caught.value.message
    assert "tool service 'calc'" in caught.value.message


def test_a_schema_that_would_be_fetched_from_elsewhere_is_refused(definition: Make) -> None:
    schema = '{"type":"object","properties":{"a":{"anyOf":[{"$ref":"http://169.254.169.254/x"}]}}}'
    with pytest.raises(InvalidInput, match="only references that begin with '#'"):
        check_definitions("calc", [definition("add", arguments_schema_json=schema)])


def test_a_property_named_ref_is_no_reference(definition: Make) -> None:
    schema = '{"type":"object","properties":{"$ref":{"type":"string"}},"$defs":{}}'
    check_definitions("calc", [definition("add", arguments_schema_json=schema)])


def test_all_problems_are_told_at_once(definition: Make) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_definitions("calc", [definition("add", description=""), definition("b b"), definition("add")])
    assert caught.value.message.count("tool '") == 3
    assert "listed twice" in caught.value.message
