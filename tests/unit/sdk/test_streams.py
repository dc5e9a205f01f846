"""Watching a run: typed events, resumed where a stream broke, each kept event once; in both clients."""

import json
from typing import Any

import httpx
import pytest

from toolmesh_sdk import (
    AnswerDelta,
    ApprovalRequested,
    DecisionMade,
    Internal,
    NotFound,
    RunEnded,
    RunEvent,
    ToolCallFinished,
    ToolsRetrieved,
    Unavailable,
    UnknownEvent,
)

ENDED = {"run_ended": {"run": {"id": "run_1", "state": "succeeded", "output": "10"}}}


def sse(sequence: int, **event: Any) -> bytes:
    data = json.dumps({"sequence": sequence, "time": "2030-01-01T00:00:00Z", "step": 1, **event}, ensure_ascii=False)
    identity = f"id: {sequence}\r\n" if sequence else ""
    return f"{identity}event: {next(iter(event))}\r\ndata: {data}\r\n\r\n".encode()


def kinds(events: list[RunEvent]) -> list[str]:
    return [event.kind for event in events]


async def watch(sdk: Any) -> Any:
    return await sdk.do(lambda client: client.runs.stream("run_1"))


async def test_events_are_typed(sdk: Any, platform: Any) -> None:
    retrieved = {"tools": [{"tool": "calculate", "score": 0.9}], "searched": 12, "search_duration": "0.004s"}
    call = {"id": "c1", "tool": "calculate", "arguments": {"expression": "2+2"}}
    decision = {"decision": {"tool_calls": {"calls": [call]}, "scores": [{"tool": "calculate", "probability": 0.8}]}}
    finished = {"tool_call_id": "c1", "tool": "calculate", "result": {"output": 4}, "attempts": 1}
    platform.will_stream(
        b": ping\r\n\r\n",
        sse(1, tools_retrieved=retrieved),
        sse(2, decision_made=decision),
        sse(3, tool_call_finished=finished),
        sse(0, answer_delta="4\u2028"),
        sse(4, **ENDED),
    )
    found, decided, done, delta, ended = await watch(sdk)
    assert isinstance(found, ToolsRetrieved)
    assert (found.tools[0].score, found.search_duration.total_seconds()) == (0.9, 0.004)
    assert isinstance(decided, DecisionMade)
    assert decided.decision.tool_calls is not None
    assert decided.decision.tool_calls.calls[0].arguments == {"expression": "2+2"}
    assert isinstance(done, ToolCallFinished)
    assert (done.result.output, done.result.failure) == (4, None)
    assert isinstance(delta, AnswerDelta)
    assert (delta.text, delta.sequence) == ("4\u2028", 0)
    assert isinstance(ended, RunEnded)
    assert (ended.run.output, ended.sequence, ended.to_json()["event"]) == ("10", 4, "run_ended")


async def test_events_may_be_cut_anywhere(sdk: Any, platform: Any) -> None:
    whole = sse(1, run_started={"input": "北京?"}) + sse(2, **ENDED)
    platform.will_stream(*(whole[place : place + 1] for place in range(len(whole))))
    assert kinds(await watch(sdk)) == ["run_started", "run_ended"]


async def test_a_broken_stream_is_taken_up_after_the_last_sequence(sdk: Any, platform: Any) -> None:
    platform.will_stream(
        sse(1, run_started={}), sse(0, answer_delta="a"), sse(2, run_resumed={})[:20], httpx.ReadError("x")
    )
    platform.will_answer(httpx.ConnectError("refused"))
    platform.will_refuse(503, code="UNAVAILABLE", detail="planner is down")
    platform.will_stream(sse(1, run_started={}), sse(2, run_resumed={}))
    platform.will_stream(sse(3, **ENDED))
    assert kinds(await watch(sdk)) == ["run_started", "answer_delta", "run_resumed", "run_ended"]
    assert [url.rpartition("?")[2] for url in platform.asked[1:]] == ["after_sequence=1"] * 3 + ["after_sequence=2"]
    assert platform.slept == [0.2, 0.4, 0.8, 0.2]


async def test_an_error_event_that_may_pass_is_tried_again(sdk: Any, platform: Any) -> None:
    problem = json.dumps({"status": 503, "code": "UNAVAILABLE", "detail": "planner is restarting"})
    platform.will_stream(f"event: error\ndata: {problem}\n\n".encode())
    platform.will_stream(sse(1, **ENDED))
    assert kinds(await watch(sdk)) == ["run_ended"]


async def test_an_error_event_that_stands_is_raised(sdk: Any, platform: Any) -> None:
    problem = json.dumps({"status": 404, "code": "NOT_FOUND", "detail": "no run 'run_1'"})
    platform.will_stream(f"event: error\ndata: {problem}\n\n".encode())
    with pytest.raises(NotFound, match="no run"):
        await watch(sdk)
    assert platform.slept == []


async def test_a_stream_that_stays_broken_ends_in_an_error(sdk: Any, platform: Any) -> None:
    for _ in range(9):
        platform.will_stream(b": ping\n\n")
    with pytest.raises(Unavailable, match="broke off after 0"):
        await watch(sdk)
    assert len(platform.slept) == 8
    assert sum(platform.slept) < 30


async def test_an_event_of_a_newer_platform_is_passed_on_as_unknown(sdk: Any, platform: Any) -> None:
    platform.will_stream(sse(1, dream_dreamt={"of": "sheep"}), sse(2, **ENDED))
    first, _ = await watch(sdk)
    assert isinstance(first, UnknownEvent)
    assert first.data["dream_dreamt"] == {"of": "sheep"}


async def test_an_unreadable_event_is_an_error_not_silence(sdk: Any, platform: Any) -> None:
    platform.will_stream(b"event: run_started\ndata: {half\n\n")
    with pytest.raises(Internal, match=r"cannot read: '\{half'"):
        await watch(sdk)


async def test_ask_waits_to_the_end_and_gives_the_run(sdk: Any, platform: Any) -> None:
    platform.will_answer({"id": "run_1", "state": "running"})
    platform.will_stream(sse(1, run_started={}), sse(2, **ENDED))
    run = await sdk.do(lambda client: client.ask("5*2?", session="s"))
    assert (run.output, run.succeeded) == ("10", True)


async def test_ask_returns_when_a_person_is_needed(sdk: Any, platform: Any) -> None:
    call = {"id": "c1", "tool": "delete_all"}
    waiting = {"id": "run_1", "state": "waiting_for_approval", "pending_approvals": [call]}
    platform.will_answer({"id": "run_1", "state": "running"})
    platform.will_stream(sse(1, approval_requested={"call": call}), httpx.ReadError("not read that far"))
    platform.will_answer(waiting)
    run = await sdk.do(lambda client: client.ask("tidy up"))
    assert run.waiting_for_approval
    assert run.pending_approvals[0].tool == "delete_all"


async def test_wait_goes_on_where_somebody_approved_meanwhile(sdk: Any, platform: Any) -> None:
    platform.will_stream(sse(1, approval_requested={"call": {"id": "c1"}}), sse(2, **ENDED))
    platform.will_answer({"id": "run_1", "state": "running"})
    run = await sdk.do(lambda client: client.runs.wait("run_1"))
    assert run.ended


async def test_stream_asks_and_gives_events(sdk: Any, platform: Any) -> None:
    platform.will_answer({"id": "run_1", "state": "running"})
    platform.will_stream(sse(1, approval_requested={"call": {"id": "c1"}}), sse(2, **ENDED))
    events = await sdk.do(lambda client: client.stream("5*2?"))
    assert isinstance(events[0], ApprovalRequested)
    assert kinds(events) == ["approval_requested", "run_ended"]
    assert platform.asked[1] == "GET /v1/runs/run_1:stream"
