"""The requests for the main job: many and mixed, about tools that exist, with checks that can fail."""

import json
import sys
from collections import Counter
from pathlib import Path

import pytest

from toolmesh_core.json_schema import JsonSchema
from toolmesh_tool_calculation.tools import TOOLS as CALCULATION
from toolmesh_tool_data.tools import TOOLS as DATA
from toolmesh_tool_web.tools import TOOLS as WEB

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "tests/benchmarks"))
from main_job import answers, as_list, same_call  # noqa: E402

CASES = [json.loads(line) for line in (ROOT / "tests/e2e/main_job.jsonl").read_text().splitlines()]
TOOLS = {tool.name: tool for tool in [*CALCULATION, *DATA, *WEB]}


def test_the_set_is_large_and_mixed() -> None:
    kinds = Counter(case["kind"] for case in CASES)
    assert len(CASES) >= 40
    assert sum(case["language"] == "zh" for case in CASES) >= 10
    assert sum(len(case["calls"]) >= 2 for case in CASES) >= 10
    assert kinds["none"] >= 5
    assert kinds["impossible"] >= 5
    assert len({case["id"] for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_every_wanted_call_is_one_that_the_tool_takes(case) -> None:
    for call in case["calls"]:
        schema = JsonSchema(TOOLS[call["tool"]].definition.arguments_schema_json)
        arguments = {name: as_list(value)[0] for name, value in call["arguments"].items()}
        assert schema.check(arguments) == []


def test_no_request_stands_among_the_tools_own_examples() -> None:
    examples = {example for tool in TOOLS.values() for example in tool.definition.examples}
    assert [case["id"] for case in CASES if case["request"] in examples] == []


@pytest.mark.parametrize(
    ("check", "right", "wrong"),
    [
        ({"numbers": [20628]}, "That is 20,628.00 yen.", "That is 20862 yen."),
        ({"words": [["rain", "雨"]]}, "Rain is likely.", "It is sunny."),
        ({"none_of": ["no tool"]}, "Hello!", "There is no tool for that."),
        ({}, "Hello!", "  "),
    ],
)
def test_a_check_tells_right_from_wrong(check, right: str, wrong: str) -> None:
    assert answers(check, right)
    assert not answers(check, wrong)


def test_a_call_counts_only_with_the_wanted_values() -> None:
    want = {"tool": "convert_units", "arguments": {"value": 3, "to_unit": {"one_of": ["g", "grams"]}}}
    assert same_call({"tool": "convert_units", "arguments": {"value": "3", "to_unit": "Grams"}}, want)
    assert not same_call({"tool": "convert_units", "arguments": {"value": 4, "to_unit": "grams"}}, want)
    assert not same_call({"tool": "calculate", "arguments": want["arguments"]}, want)
