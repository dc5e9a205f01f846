"""A model that was trained for it judges each tool and writes whole calls."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from unit.controller.fakes import ADD, CLOCK, WEATHER, FakeInference, called, tool

from toolmesh_controller.app.limits import Limits
from toolmesh_controller.domain.brief import brief_of
from toolmesh_controller.domain.call_grammar import call_grammar, said_numbers
from toolmesh_controller.domain.conversation import Message, Role
from toolmesh_controller.domain.grammar import Bounds
from toolmesh_controller.domain.parts import Part
from toolmesh_controller.domain.request_text import request_text
from toolmesh_controller.domain.tool_schema import Parameter
from toolmesh_controller.domain.turn import turn_of

Ask = Callable[..., Any]
LED = Limits(led_by_model="always")
FITS = {"call": -0.1, "none": -4.0, "ask": -4.0}
FITS_NOT = {"call": -6.0, "none": -0.1, "ask": -6.0}
LACKS = {"call": -4.0, "none": -4.0, "ask": -0.1}
SAY = tool("say", "Says a text.", {"text": {"type": "string"}}, ["text"])


async def test_a_tool_that_the_model_finds_fitting_is_called_with_the_arguments_it_writes(
    ask: Ask, inference: FakeInference
) -> None:
    inference.scores = FITS
    inference.replies = ['{"city": "Oslo", "unit": "celsius"}']
    decision, _ = await ask("How warm is the weather in Oslo, in Celsius?", [WEATHER], limits=LED)
    assert json.loads(decision.calls[0].arguments_json) == {"city": "Oslo", "unit": "celsius"}
    assert inference.scored == [(" call", " none", " ask")]


async def test_a_tool_that_the_model_finds_unfitting_is_not_called(ask: Ask, inference: FakeInference) -> None:
    inference.scores = FITS_NOT
    decision, _ = await ask("How warm is the weather in Oslo?", [WEATHER], limits=LED)
    assert decision.calls == ()
    assert decision.answer == "Done."


async def test_the_model_words_the_question_where_a_value_is_missing(ask: Ask, inference: FakeInference) -> None:
    inference.scores = LACKS
    inference.replies = ["For which city?"]
    decision, _ = await ask("Tell me the weather", [WEATHER], limits=LED)
    assert decision.question == "For which city?"


async def test_a_required_call_is_not_judged(ask: Ask, inference: FakeInference) -> None:
    inference.scores = FITS_NOT
    inference.replies = ['{"city": "Oslo"}']
    decision, _ = await ask("The weather in Oslo", [WEATHER, CLOCK], limits=LED, required_tool="current_time")
    assert decision.calls[0].tool == "current_time"
    assert inference.scored == []


async def test_the_next_likely_tool_is_judged_where_the_first_does_not_fit(
    ask: Ask, inference: FakeInference, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def score(ref: Any, messages: Any, continuations: Any) -> Any:
        inference.scores = FITS if "Tool: current_time" in messages[1].content else FITS_NOT
        return await FakeInference.score(inference, ref, messages, continuations)

    monkeypatch.setattr(inference, "score", score)
    inference.replies = ['{"city": "Oslo"}']
    decision, _ = await ask("What is it like in the city of Oslo?", [WEATHER, CLOCK], limits=LED)
    assert [call.tool for call in decision.calls] == ["current_time"]


async def test_arguments_that_break_the_schema_lose_the_optional_ones_at_fault(
    ask: Ask, inference: FakeInference
) -> None:
    inference.scores = FITS
    inference.replies = ['{"city": "Oslo", "unit": "kelvin"}']
    decision, _ = await ask("How warm is the weather in Oslo?", [WEATHER], limits=LED)
    assert json.loads(decision.calls[0].arguments_json) == {"city": "Oslo"}


async def test_rules_take_over_where_the_model_writes_no_valid_call(ask: Ask, inference: FakeInference) -> None:
    inference.scores = FITS
    inference.replies = ['{"a": "two"']
    decision, _ = await ask("Add 2 and 40", [ADD], limits=LED)
    assert json.loads(decision.calls[0].arguments_json) == {"a": 2, "b": 40}


async def test_each_part_of_a_request_is_judged_by_itself(ask: Ask, inference: FakeInference) -> None:
    inference.scores = FITS
    inference.replies = ['{"a": 2, "b": 40}', '{"city": "Rome"}']
    decision, _ = await ask("Add 2 and 40, and then tell me the time in Rome", [ADD, CLOCK], limits=LED)
    assert [call.tool for call in decision.calls] == ["add", "current_time"]
    assert "Whole request: Add 2 and 40, and then" in inference.prompts[0]


async def test_an_adapter_leads_and_a_bare_model_does_not(ask: Ask, inference: FakeInference) -> None:
    inference.scores = FITS
    inference.adapters = frozenset(("tools",))
    inference.replies = ['{"a": 2, "b": 40}']
    await ask("Add 2 and 40", [ADD], limits=Limits(default_adapter="tools"))
    assert inference.scored
    inference.scored.clear()
    inference.adapters = frozenset()
    await ask("Add 2 and 40", [ADD], limits=Limits(default_adapter="tools"))
    assert not inference.scored


async def test_an_engine_without_grammars_gets_the_schema_of_the_whole_call(ask: Ask, inference: FakeInference) -> None:
    inference.engine, inference.scores = "openai", FITS
    inference.replies = ['{"text": "hello"}']
    await ask("Say hello", [SAY], limits=LED)
    assert json.loads(inference.constraints[0].json_schema)["required"] == ["text"]


def test_the_brief_holds_what_was_said_and_found_before() -> None:
    messages = [
        Message(Role.USER, "Add 1 and 2"),
        *called("add", {"a": 1, "b": 2}, 3),
        Message(Role.ASSISTANT, "It is 3."),
        Message(Role.USER, "Add 4 to it, then multiply"),
        *called("add", {"a": 3, "b": 4}, 7),
    ]
    turn = turn_of(messages)
    brief = brief_of(Part("multiply", 17, strong=True), turn)
    assert brief.wish == "multiply"
    assert brief.whole == "Add 4 to it, then multiply"
    assert brief.earlier == ("user: Add 1 and 2", 'add({"a": 1, "b": 2})', "add = 3", "assistant: It is 3.")
    assert brief.results == ('add({"a": 3, "b": 4}) = 7',)


def test_a_percentage_may_be_written_as_a_fraction() -> None:
    assert said_numbers(request_text("5 years at 2.5%")) == [5, 2.5, 0.025]


def test_numbers_of_a_call_are_those_that_were_said() -> None:
    parameters = (Parameter("n", {"type": "integer"}, True),)
    grammar = call_grammar(parameters, request_text("give me 12 of 30"), {}, Bounds())
    assert '"12" | "30"' in grammar


def test_a_decided_value_stands_in_the_grammar() -> None:
    parameters = (Parameter("n", {"type": "integer"}, True), Parameter("unit", {"type": "string"}, False))
    grammar = call_grammar(parameters, request_text("give me 12"), {"unit": "cm"}, Bounds())
    assert r'"\"unit\": " "\"cm\""' in grammar
