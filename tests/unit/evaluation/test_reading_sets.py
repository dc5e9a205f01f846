"""Each public format is read as it is written, from tiny files made here."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from toolmesh_core.errors import InvalidInput, NotFound
from toolmesh_dialogues.dialogue import Dialogue, DialogueCall, DialogueHeader, DialogueMessage, DialogueTool
from toolmesh_dialogues.dialogue_file import write_dialogues
from toolmesh_dialogues.held_back import is_held_back
from toolmesh_evaluation.ask_controller import tools_of_the_turn_before
from toolmesh_evaluation.case import Observed
from toolmesh_evaluation.sets.bfcl import read_bfcl
from toolmesh_evaluation.sets.by_name import SETS, read_set
from toolmesh_evaluation.sets.main_job import answers, read_main_job


def write_lines(path: Path, rows: Iterable[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def api(name: str, /, **parameters: str) -> dict[str, Any]:
    described = {key: {"type": kind, "description": f"the {key}"} for key, kind in parameters.items()}
    return {"name": name, "description": f"does {name}", "input_parameters": described, "output_parameters": {}}


@pytest.fixture
def api_bank(tmp_path: Path) -> Path:
    optional = api("Book", day="str", guests="list(str)")
    optional["input_parameters"]["guests"]["description"] = "(Optional) who comes"
    write_lines(tmp_path / "apis.jsonl", [optional, api("Login", name="str")])
    turns = [
        {"role": "AI", "text": "Welcome."},
        {"role": "User", "text": "Book Monday"},
        {"role": "AI", "text": "I book it."},
        {
            "role": "API",
            "api_name": "Book",
            "param_dict": {"day": "Monday"},
            "result": {"output": "done", "exception": None},
        },
        {"role": "AI", "text": "Booked."},
        {"role": "User", "text": "Thanks"},
        {"role": "AI", "text": "Bye."},
    ]
    write_lines(tmp_path / "level1.jsonl", [{"id": "d", "turns": turns}])
    return tmp_path


def test_each_turn_of_api_bank_after_a_request_is_a_case_with_the_turns_before_it(api_bank: Path) -> None:
    found = read_set("api_bank_level1", api_bank, None)
    assert [case.kind for case in found.cases] == [
        "announcement of a call",
        "call",
        "report of a result",
        "question or talk",
    ]
    call, report = found.cases[1:3]
    assert call.gold_calls == (DialogueCall("call_3", "Book", {"day": "Monday"}),)
    assert call.messages[-1] == DialogueMessage("assistant", "I book it.")
    assert report.messages[-1] == DialogueMessage("tool", '"done"', tool_call_id="call_3", tool="Book")
    assert (report.gold_text, report.group, report.request) == ("Booked.", "d", "Book Monday")
    assert found.needs_retriever


def test_api_bank_given_tools_are_those_that_the_dialogue_calls(api_bank: Path) -> None:
    found = read_set("api_bank_level1", api_bank, "given")
    assert [tool.name for tool in found.cases[0].tools] == ["Book"]
    schema = found.cases[0].tools[0].arguments_schema
    assert schema["required"] == ["day"]
    assert schema["properties"]["guests"]["items"] == {"type": "string"}
    assert not found.needs_retriever


def test_seal_tools_goes_on_with_marks_in_place_of_results(tmp_path: Path) -> None:
    tool = {
        "api_name": "get it",
        "api_description": "gets",
        "parameters": {"a": {"type": "float", "description": "x"}},
        "required": ["a"],
        "responses": {"value": {}, "unit": {}},
    }
    write_lines(tmp_path / "tool.jsonl", [tool])
    calling = [
        {"api": "get it", "parameters": {"a": 1}, "responses": ["API_call_0", "API_call_1"]},
        {"api": "get it", "parameters": {"a": "API_call_0"}, "responses": ["API_call_2"]},
    ]
    write_lines(tmp_path / "test_out_domain.jsonl", [{"id": "q", "query": "Get it twice", "calling": calling}])
    (case,) = read_set("seal_tools_out_domain", tmp_path, None).cases
    assert case.kind == "several calls, some on results"
    assert [call.tool for call in case.gold_calls] == ["get_it", "get_it"]
    assert case.results == {"get_it": ('{"value": "API_call_0", "unit": "API_call_1"}', '{"value": "API_call_2"}')}


def test_metatool_is_asked_only_about_tools_that_are_held_back(tmp_path: Path) -> None:
    names = [f"Tool{number}" for number in range(60)]
    (tmp_path / "plugin_des.json").write_text(json.dumps({name: f"does {name}" for name in names}))
    (tmp_path / "big_tool_des.json").write_text("{}")
    (tmp_path / "queries.csv").write_text("Query,Tool\n" + "".join(f'"ask, {name}",{name}\n' for name in names))
    found = read_set("metatool", tmp_path, None)
    held = [name for name in names if is_held_back(name)]
    assert held
    assert [case.gold_calls[0].tool for case in found.cases] == held
    assert found.cases[0].request == f"ask, {held[0]}"
    assert len(found.tools) == 60


def test_each_message_of_the_assistant_in_a_dialogue_is_a_case(tmp_path: Path) -> None:
    call = DialogueCall("c", "add", {"a": 1})
    messages = (
        DialogueMessage("user", "Add 1"),
        DialogueMessage("assistant", "", (call,)),
        DialogueMessage("tool", "2", tool_call_id="c", tool="add"),
        DialogueMessage("assistant", "It is 2."),
    )
    tools = (DialogueTool("add", "adds", {"type": "object"}),)
    dialogue = Dialogue("d", "common_api", "zh", "offline", tools, messages)
    path = tmp_path / "x.jsonl"
    write_dialogues(path, DialogueHeader("x", 1), [dialogue])
    found = read_set("dialogues", path, None)
    assert [(case.expected, case.language, case.kind) for case in found.cases] == [
        ("calls", "zh", "common_api"),
        ("text", "zh", "common_api"),
    ]
    assert found.cases[0].tools == tools
    assert read_set("dialogues", path, "retrieved").needs_retriever


def bfcl_function() -> dict[str, Any]:
    return {
        "name": "math.add",
        "description": "adds",
        "parameters": {
            "type": "dict",
            "properties": {"a": {"type": "float"}, "type": {"type": "tuple", "items": {"type": "any"}}},
            "required": ["a"],
        },
    }


@pytest.fixture
def bfcl(tmp_path: Path) -> Path:
    row = {"id": "s_0", "question": [[{"role": "user", "content": "Add 1"}]], "function": [bfcl_function()]}
    write_lines(tmp_path / "BFCL_v4_simple_python.json", [row])
    write_lines(tmp_path / "BFCL_v4_irrelevance.json", [row])
    truth = {"id": "s_0", "ground_truth": [{"math.add": {"a": [1.0], "type": [""]}}]}
    write_lines(tmp_path / "possible_answer/BFCL_v4_simple_python.json", [truth])
    return tmp_path


def test_bfcl_types_become_those_of_json_schema(bfcl: Path) -> None:
    (case,) = read_bfcl(bfcl, "simple_python").cases
    (tool,) = case.tools
    assert tool.name == "math_add"
    assert tool.arguments_schema["properties"] == {
        "a": {"type": "number"},
        "type": {"type": "array", "items": {"type": "string"}},
    }


def test_bfcl_is_judged_by_the_leaderboards_checker(bfcl: Path) -> None:
    pytest.importorskip("bfcl_eval")
    found = read_bfcl(bfcl, "simple_python")
    (case,) = found.cases

    def judged(*calls: DialogueCall) -> tuple[float, str]:
        scores, fault = found.judge(case, Observed(calls=calls, candidates=case.tools))
        return scores["accuracy"], fault

    assert judged(DialogueCall("c", "math_add", {"a": 1.0})) == (1.0, "")
    assert judged(DialogueCall("c", "math_add", {"a": 2.0})) == (0.0, "argument value")
    assert judged(DialogueCall("c", "math_add", {"a": "one"})) == (0.0, "argument type")
    assert judged(DialogueCall("c", "other", {"a": 1.0})) == (0.0, "wrong tool")
    assert judged() == (0.0, "no call")


def test_bfcl_irrelevance_wants_no_call(bfcl: Path) -> None:
    found = read_bfcl(bfcl, "irrelevance")
    (case,) = found.cases
    assert found.judge(case, Observed(text="No."))[0]["abstention"] == 1
    made = Observed(calls=(DialogueCall("c", "math_add", {"a": 1.0}),), candidates=case.tools)
    assert found.judge(case, made) == ({"abstention": 0.0, "valid_call_rate": 1.0}, "call not wanted")


def test_a_bfcl_case_without_an_answer_is_named(bfcl: Path) -> None:
    (bfcl / "possible_answer/BFCL_v4_simple_python.json").write_text("")
    with pytest.raises(InvalidInput, match="s_0"):
        read_bfcl(bfcl, "simple_python")


def test_the_main_job_accepts_one_of_several_spellings(tmp_path: Path) -> None:
    row = {
        "id": "tip",
        "kind": "one",
        "language": "en",
        "request": "18% of 64?",
        "calls": [{"tool": "calculate", "arguments": {"expression": {"one_of": ["0.18*64", "64 * 0.18"]}}}],
        "answer": {"numbers": [11.52]},
    }
    write_lines(tmp_path / "main_job.jsonl", [row])
    found = read_main_job(tmp_path)
    calls = (DialogueCall("c", "calculate", {"expression": "0.18 * 64"}),)
    candidates = (DialogueTool("calculate", "", {}),)
    scores, fault = found.judge(found.cases[0], Observed(calls, "It is 11.52.", candidates))
    assert fault == ""
    assert set(scores.values()) == {1.0}
    assert found.judge(found.cases[0], Observed(calls, "It is 12.", candidates))[1] == "wrong answer"
    assert found.judge(found.cases[0], Observed((), "It is 12."))[1] == "tool not retrieved"


def test_an_answer_must_pass_all_of_its_checks() -> None:
    check = {"numbers": [1000], "words": [["euro", "EUR"]], "none_of": ["sorry"]}
    assert answers(check, "1,000.00 EUR")
    assert not answers(check, "1000")
    assert not answers(check, "Sorry, 1000 euro")
    assert not answers({}, " ")


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="there is no set 'x'"):
        read_set("x", None, None)
    for name in SETS:
        if SETS[name].needs_data:
            with pytest.raises(InvalidInput, match="--data"):
                read_set(name, None, None)
            with pytest.raises(NotFound, match="--data"):
                read_set(name, tmp_path / "nothing", None)
    (tmp_path / "apis.jsonl").write_text("{}\n")
    with pytest.raises(InvalidInput, match="'input_parameters'"):
        read_set("api_bank_level1", tmp_path, None)
    (tmp_path / "apis.jsonl").write_text("{}\nnot json\n")
    with pytest.raises(InvalidInput, match=r"apis\.jsonl:2"):
        read_set("api_bank_level1", tmp_path, None)


def test_a_follow_up_is_offered_the_tools_of_the_turn_before() -> None:
    messages = [
        DialogueMessage("user", "one"),
        DialogueMessage("tool", "1", tool="old"),
        DialogueMessage("user", "two"),
        DialogueMessage("tool", "2", tool="before"),
        DialogueMessage("user", "three"),
        DialogueMessage("tool", "3", tool="now"),
    ]
    assert tools_of_the_turn_before(messages) == ["before"]
    assert tools_of_the_turn_before(messages[:2]) == []
