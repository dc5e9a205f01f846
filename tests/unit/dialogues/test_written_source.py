"""Requests written by hand: every shipped file is right, and what each line becomes."""

import json
from pathlib import Path

import pytest

from toolmesh_core.errors import InvalidInput
from toolmesh_dialogues.dialogue import Dialogue
from toolmesh_dialogues.filters.well_formed import why_malformed
from toolmesh_dialogues.held_back import is_held_back
from toolmesh_dialogues.sources.written_source import WrittenSource, shipped

ADD = {
    "name": "add_numbers",
    "description": "Adds.",
    "parameters": {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}},
}
SQUARE = {
    "name": "square_number",
    "description": "Squares.",
    "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}},
}


def _dialogues(folder: Path, *records: object) -> list[Dialogue]:
    (folder / "some.jsonl").write_text("\n".join(map(json.dumps, records)))
    return [dialogue for dialogue, _ in WrittenSource(7, folder).dialogues()]


def test_every_shipped_call_is_right_under_its_schema() -> None:
    source = WrittenSource(7, shipped())
    found = list(source.dialogues())
    assert len(found) > 3000
    assert source.left_out == 0
    assert [dialogue.id for dialogue, _ in found if why_malformed(dialogue)] == []
    assert len({dialogue.id for dialogue, _ in found}) == len(found)


def test_tools_that_are_held_back_stand_beside_their_like_only() -> None:
    for dialogue, about in WrittenSource(7, shipped()).dialogues():
        if any(call for call in dialogue.calls()):
            side = is_held_back(about[0])
            others = {tool.name for tool in dialogue.tools} - set(about)
            assert all(is_held_back(name) == side for name in others)


def test_a_request_with_a_result_ends_in_its_answer(tmp_path: Path) -> None:
    request = {"say": "1 and 2?", "arguments": {"a": 1, "b": 2}, "result": {"sum": 3}, "answer": "It is 3."}
    (dialogue,) = _dialogues(tmp_path, ADD | {"requests": [request]})
    assert [message.role for message in dialogue.messages] == ["user", "assistant", "tool", "assistant"]
    assert dialogue.messages[2].content == '{"sum":3}'


def test_a_question_back_names_its_tool_and_a_near_miss_is_shown_alone(tmp_path: Path) -> None:
    lacking = {"say": "Add 1", "missing": ["b"], "ask": "And what?"}
    asked, missed = _dialogues(tmp_path, ADD | {"lacking": [lacking], "unfit": ["Divide 1 by 2"]}, SQUARE)
    assert asked.messages[1].asks_for == "add_numbers"
    assert [tool.name for tool in missed.tools] == ["add_numbers"]
    assert not list(missed.calls())


def test_calls_in_a_row_go_out_together_unless_one_needs_the_others_result(tmp_path: Path) -> None:
    def call(name: str, result: int, **arguments: int) -> dict[str, object]:
        return {"call": name, "arguments": arguments, "result": {"value": result}}

    apart = [{"user": "x"}, call("add_numbers", 7, a=3, b=4), call("square_number", 49, a=7), {"assistant": "49"}]
    together = [{"user": "y"}, call("add_numbers", 7, a=3, b=4), call("square_number", 25, a=5), {"assistant": "7, 25"}]
    first, second = _dialogues(tmp_path, ADD | {"talks": [apart, together]}, SQUARE)
    assert [len(message.tool_calls) for message in first.messages if message.tool_calls] == [1, 1]
    assert [len(message.tool_calls) for message in second.messages if message.tool_calls] == [2]


def test_an_answer_in_words_has_no_call(tmp_path: Path) -> None:
    plain, chinese = _dialogues(tmp_path, {"say": "Hi", "answer": "Hello!"}, {"say": "你好", "answer": "你好！"}, ADD)
    assert (plain.language, chinese.language) == ("en", "zh")
    assert plain.messages[1].content == "Hello!"


def test_a_name_that_stands_twice_is_refused_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"some\.jsonl:2: 'add_numbers' is there twice"):
        _dialogues(tmp_path, ADD, ADD)
