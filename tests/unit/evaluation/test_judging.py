"""What a case scores, and the word for what went wrong."""

from typing import Any

import pytest

from toolmesh_dialogues.dialogue import DialogueCall, DialogueMessage, DialogueTool
from toolmesh_evaluation.case import Case, Expected, Observed
from toolmesh_evaluation.judge_calls import judge_calls

SCHEMA = {"type": "object", "properties": {"a": {}, "b": {}}}
TOOLS = tuple(DialogueTool(name, "", SCHEMA) for name in ("one", "two"))


def call(tool: str, **arguments: Any) -> DialogueCall:
    return DialogueCall("id", tool, arguments)


def case(expected: Expected, *gold: DialogueCall, text: str = "", given: bool = True) -> Case:
    message = (DialogueMessage("user", "please"),)
    return Case("c", "c", "k", "en", message, expected, gold, text, tools=TOOLS if given else ())


@pytest.mark.parametrize(
    ("made", "fault"),
    [
        ((call("one", a=1),), ""),
        ((call("one", a=2),), "argument value"),
        ((call("one"),), "argument missing"),
        ((call("one", a=1, b=2),), "argument too many"),
        ((call("two", a=1),), "wrong tool"),
        ((call("one", a=1), call("one", a=1)), "call too many"),
        ((), "no call"),
    ],
)
def test_what_went_wrong_with_a_call_has_a_word(made: tuple[DialogueCall, ...], fault: str) -> None:
    assert judge_calls(case("calls", call("one", a=1)), Observed(made, candidates=TOOLS))[1] == fault


def test_a_call_that_is_missing_among_others_has_a_word() -> None:
    asked = case("calls", call("one", a=1), call("two"))
    assert judge_calls(asked, Observed((call("two"),), candidates=TOOLS))[1] == "call missing"


def test_a_tool_that_was_not_offered_is_the_retrievers_fault() -> None:
    asked = case("calls", call("three"), given=False)
    scores, fault = judge_calls(asked, Observed((call("one"),), candidates=TOOLS))
    assert fault == "tool not retrieved"
    assert scores["retrieval_recall@8"] == 0


def test_a_refused_request_scores_nothing_and_is_named() -> None:
    scores, fault = judge_calls(case("calls", call("one")), Observed(error="INVALID: too long"))
    assert fault == "request refused: INVALID"
    assert scores == {"action_em": 0.0, "argument_f1": 0.0, "tool_f1": 0.0, "called": 0.0}


def test_a_call_in_place_of_a_text_has_no_rouge() -> None:
    asked = case("text", text="It is fine.")
    assert judge_calls(asked, Observed(text="It is fine"))[0] == {"abstention": 1.0, "rouge_l": 1.0}
    scores, fault = judge_calls(asked, Observed((call("one", a=1),), candidates=TOOLS))
    assert scores == {"abstention": 0.0, "rouge_l": 0.0, "valid_call_rate": 1.0}
    assert fault == "call not wanted"


def test_a_refused_request_is_no_abstention() -> None:
    assert judge_calls(case("no_call"), Observed(error="INVALID: too long"))[0]["abstention"] == 0
