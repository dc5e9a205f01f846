"""Asking: each step shown, failures told with what to do next, events as JSON lines."""

import io
import json
import sys
from typing import Any

import httpx
import pytest

CALL = {"id": "c1", "tool": "calculate", "arguments": {"expression": "2+2"}}
RUN = {
    "id": "run_1",
    "state": "succeeded",
    "end_reason": "answered",
    "output": "It is 4.",
    "step_count": 2,
    "usage": {"prompt_tokens": 90, "completion_tokens": 7},
    "create_time": "2030-01-01T00:00:00Z",
    "end_time": "2030-01-01T00:00:01.5Z",
}
TOOLS = {"tools": [{"tool": "calculate", "score": 0.93}], "searched": 24, "search_duration": "0.004s"}
DECISION = {
    "decision": {"tool_calls": {"calls": [CALL]}, "scores": [{"tool": "calculate", "probability": 0.97}]},
    "decision_duration": "0.120s",
}
FINISHED = {
    "tool_call_id": "c1",
    "tool": "calculate",
    "result": {"output": 4},
    "call_duration": "0.003s",
    "attempts": 1,
}
STEPS = (
    {"run_started": {"input": "2+2?"}},
    {"tools_retrieved": TOOLS},
    {"decision_made": DECISION},
    {"tool_call_started": {"call": CALL}},
    {"tool_call_finished": FINISHED},
    {"answer_delta": "It "},
    {"answer_delta": "is 4."},
    {"run_ended": {"run": RUN}},
)


def test_ask_shows_each_step_and_the_answer_once(toolmesh: Any, platform: Any) -> None:
    platform.will_run(*STEPS)
    outcome = toolmesh("ask", "2+2?", "--session", "s", "--model", "m", "--tools", "calculate, convert")
    assert outcome.out.splitlines() == [
        "tools     calculate 0.93  (of 24, 4 ms)",
        "decision  call calculate (p 0.97)  (120 ms)",
        'call      calculate {"expression": "2+2"}',
        "result    4  (3 ms)",
        "answer    It is 4.",
        "          answered · 2 steps · 97 tokens · 1.5 s · run_1",
    ]
    assert (outcome.code, outcome.err) == (0, "")
    body = platform.bodies[0]
    assert (body["input"], body["session"], body["model"], body["tools"]) == (
        "2+2?",
        "s",
        "m",
        ["calculate", "convert"],
    )


def test_ask_as_json_writes_one_event_a_line(toolmesh: Any, platform: Any) -> None:
    platform.will_run(*STEPS)
    outcome = toolmesh("ask", "2+2?", "--json")
    events = [json.loads(line) for line in outcome.out.splitlines()]
    assert [event["event"] for event in events][:3] == ["run_started", "tools_retrieved", "decision_made"]
    assert events[-1]["run"]["output"] == "It is 4."
    assert events[2]["decision_duration"] == "0.12s"


def test_an_answer_that_was_not_streamed_is_written_from_the_run(toolmesh: Any, platform: Any) -> None:
    platform.will_run({"run_ended": {"run": {**RUN, "end_reason": "question", "output": "Which city?"}}})
    assert "question  Which city?" in toolmesh("ask", "weather").out


def test_a_tools_refusal_is_shown_as_such(toolmesh: Any, platform: Any) -> None:
    failure = {"reason": "DIVISION_BY_ZERO", "message": "1/0 has no value"}
    platform.will_run({"tool_call_finished": {**FINISHED, "result": {"failure": failure}}}, {"run_ended": {"run": RUN}})
    assert "refused   calculate: 1/0 has no value  (3 ms)" in toolmesh("ask", "1/0").out


def test_a_failed_run_is_exit_code_1_with_its_reason(toolmesh: Any, platform: Any) -> None:
    error = {"code": "UNAVAILABLE", "reason": "CONNECTION_LOST", "message": "inference is down; start it again"}
    failed = {**RUN, "state": "failed", "end_reason": "platform_failure", "output": "", "error": error}
    platform.will_run({"run_ended": {"run": failed}})
    outcome = toolmesh("ask", "2+2?")
    assert outcome.code == 1
    assert outcome.err == "the run failed (CONNECTION_LOST): inference is down; start it again\n"


def test_a_run_that_reached_its_limit_is_exit_code_1(toolmesh: Any, platform: Any) -> None:
    platform.will_run({"run_ended": {"run": {**RUN, "state": "failed", "end_reason": "step_limit"}}})
    outcome = toolmesh("ask", "2+2?")
    assert (outcome.code, outcome.err) == (1, "the run ended without an answer: step limit\n")


def test_a_call_that_needs_a_person_says_how_to_decide(toolmesh: Any, platform: Any) -> None:
    platform.will_run({"approval_requested": {"call": CALL}})
    platform.answers["GET /v1/runs/run_1"] = {
        "id": "run_1",
        "state": "waiting_for_approval",
        "pending_approvals": [CALL],
    }
    outcome = toolmesh("ask", "delete all")
    assert outcome.code == 1
    assert "`toolmesh runs approve run_1 c1`" in outcome.err
    assert "waits for your approval" in outcome.out


def test_what_tools_and_models_say_is_neither_markup_nor_obeyed_by_the_terminal(toolmesh: Any, platform: Any) -> None:
    evil = "[red]x[/red] \x1b[2J\x1b]0;title\x07 \x9b31m \u202eabc [link=http://evil]"
    finished = {**FINISHED, "tool": "[bold]t", "result": {"output": evil}}
    platform.will_run(
        {"tools_retrieved": {"tools": [{"tool": "[blink]a", "score": 1}], "searched": 1, "degraded": evil}},
        {"tool_call_finished": finished},
        {"tool_progress": {"message": evil}},
        {"answer_delta": evil},
        {"run_ended": {"run": {**RUN, "output": evil}}},
    )
    outcome = toolmesh("ask", "x")
    assert not set("\x1b\x07\x9b\u202e") & set(outcome.out + outcome.err)
    assert "[red]x[/red]" in outcome.out
    assert "[blink]a" in outcome.out
    assert "[link=http://evil]" in outcome.out
    assert "␛[2J" in outcome.out


def test_json_for_machines_holds_no_control_characters_either(toolmesh: Any, platform: Any) -> None:
    platform.will_run({"run_ended": {"run": {**RUN, "output": "\x1b \x9b \u202e 北京"}}})
    outcome = toolmesh("ask", "x", "--json")
    assert not set("\x1b\x9b\u202e") & set(outcome.out)
    assert json.loads(outcome.out)["run"]["output"] == "\x1b \x9b \u202e 北京"


def test_ctrl_c_cancels_the_run(toolmesh: Any, platform: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> Any:
        yield b'data: {"sequence": 1, "run_started": {}}\n\n'
        raise KeyboardInterrupt

    platform.will_run()
    platform.answers["GET /v1/runs/run_1:stream"] = httpx.Response(200, content=interrupted())
    platform.answers["POST /v1/runs/run_1:cancel"] = {**RUN, "state": "cancelled"}
    outcome = toolmesh("ask", "x")
    assert outcome.code != 0
    assert platform.asked[-1] == "POST /v1/runs/run_1:cancel"


def test_a_question_can_come_from_stdin(toolmesh: Any, platform: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    platform.will_run(*STEPS)
    monkeypatch.setattr(sys, "stdin", io.StringIO("a long\nquestion\n"))
    assert toolmesh("ask", "-").code == 0
    assert platform.bodies[0]["input"] == "a long\nquestion"


def test_an_empty_question_is_a_usage_error(toolmesh: Any) -> None:
    assert toolmesh("ask", "").code == 2


def test_chat_keeps_one_session_over_its_turns(toolmesh: Any, platform: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    platform.will_run(*STEPS)
    stream = platform.answers["GET /v1/runs/run_1:stream"]
    platform.answers["GET /v1/runs/run_1:stream"] = [stream, httpx.Response(200, content=stream.content)]
    platform.answers["POST /v1/sessions"] = {"id": "session_1"}
    monkeypatch.setattr(sys, "stdin", io.StringIO("2+2?\n\nand again?\n/exit\nnot read\n"))
    outcome = toolmesh("chat")
    assert outcome.code == 0
    assert outcome.out.count("answer    It is 4.") == 2
    turns = [body for body in platform.bodies if body and "input" in body]
    assert [(turn["input"], turn["session"]) for turn in turns] == [("2+2?", "session_1"), ("and again?", "session_1")]
    assert "toolmesh chat --session session_1" in outcome.err


def test_a_chat_goes_on_after_a_failed_turn(toolmesh: Any, platform: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = {**RUN, "state": "failed", "error": {"code": "UNAVAILABLE", "message": "inference is down"}}
    platform.will_run({"run_ended": {"run": failed}})
    platform.answers["POST /v1/sessions"] = {"id": "s"}
    monkeypatch.setattr(sys, "stdin", io.StringIO("hi\n"))
    outcome = toolmesh("chat", "--session", "s")
    assert outcome.code == 0
    assert "that failed (UNAVAILABLE): inference is down" in outcome.err
