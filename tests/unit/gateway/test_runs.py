"""Runs over REST: starting, waiting, watching, limits."""

import asyncio
from typing import Any

import pytest

from toolmesh.planner.v1 import run_event_pb2, run_pb2, run_service_pb2
from toolmesh_core.errors import NotFound, Unavailable
from toolmesh_gateway.app.follow_run import FollowRun

NARROW = "key-with-few-tokens"


def event(sequence: int, **fields: Any) -> run_service_pb2.StreamRunEventsResponse:
    return run_service_pb2.StreamRunEventsResponse(event=run_event_pb2.RunEvent(sequence=sequence, **fields))


def ended(sequence: int = 3, **fields: Any) -> run_service_pb2.StreamRunEventsResponse:
    run = run_pb2.Run(id="run_1", state=run_pb2.RUN_STATE_SUCCEEDED, **fields)
    return event(sequence, run_ended=run_event_pb2.RunEnded(run=run))


def started() -> run_service_pb2.StreamRunEventsResponse:
    return event(1, run_started=run_event_pb2.RunStarted(input="hi"))


@pytest.fixture(autouse=True)
def _planner(upstream: Any) -> None:
    run = run_pb2.Run(id="run_1", state=run_pb2.RUN_STATE_RUNNING)
    upstream.answers |= {
        "CreateRun": lambda request: run_service_pb2.CreateRunResponse(run=run),
        "GetRun": lambda request: run_service_pb2.GetRunResponse(run=run),
        "StreamRunEvents": lambda request: [started(), event(0, answer_delta="4"), ended(output="4")],
    }


async def test_a_run_is_answered_at_once(ask: Any, upstream: Any) -> None:
    body = {"input": "2+2?", "session": "s", "limits": {"max_steps": 3, "max_duration": "1.5s"}}
    reply = await ask("POST", "/v1/runs", body)
    assert (reply.status, reply.json["id"], reply.json["state"]) == (200, "run_1", "running")
    assert (reply.headers["location"], reply.headers["x-toolmesh-run"]) == ("/v1/runs/run_1", "run_1")
    request = upstream.asked[0][1]
    assert (request.input, request.session, request.limits.max_steps) == ("2+2?", "s", 3)
    assert request.user == ""


@pytest.mark.parametrize("headers", [{"prefer": "respond-async, wait=10"}, {}])
async def test_a_run_that_is_waited_for_is_answered_when_it_has_ended(ask: Any, headers: dict[str, str]) -> None:
    reply = await ask("POST", "/v1/runs" if headers else "/v1/runs?wait=true", {"input": "2+2?"}, **headers)
    assert (reply.json["state"], reply.json["output"]) == ("succeeded", "4")
    assert reply.headers.get("preference-applied") == ("wait=10" if headers else None)


async def test_who_waits_no_longer_gets_the_run_as_it_is(ask: Any, upstream: Any) -> None:
    never = asyncio.get_running_loop().create_future()
    upstream.answers["StreamRunEvents"] = lambda request: [started(), never]
    reply = await ask("POST", "/v1/runs", {"input": "2+2?"}, prefer="wait=0")
    assert reply.json["state"] == "running"


async def test_a_run_needs_an_input(ask: Any, upstream: Any) -> None:
    reply = await ask("POST", "/v1/runs", {"session": "s"})
    assert reply.json["errors"][0]["field"] == "input"
    assert upstream.asked == []


async def test_a_user_cannot_be_named(ask: Any) -> None:
    reply = await ask("POST", "/v1/runs", {"input": "x", "user": "eve"})
    assert reply.json["errors"][0]["field"] == "user"


async def test_events_are_sent_under_their_names_and_numbers(ask: Any, upstream: Any) -> None:
    reply = await ask("GET", "/v1/runs/run_1:stream?after_sequence=0")
    first, delta, last, rest = reply.body.decode().split("\n\n")
    assert first.startswith('id: 1\nevent: run_started\ndata: {"sequence":1,')
    assert delta.startswith("event: answer_delta\n")
    assert last.startswith("id: 3\nevent: run_ended\n")
    assert rest == ""


async def test_a_watcher_that_comes_again_goes_on_after_its_last_event(ask: Any, upstream: Any) -> None:
    await ask("GET", "/v1/runs/run_1:stream?after_sequence=2", last_event_id="7")
    assert upstream.asked[0][1].after_sequence == 7


async def test_a_last_event_id_must_be_a_sequence(ask: Any) -> None:
    reply = await ask("GET", "/v1/runs/run_1:stream", last_event_id="x")
    assert reply.json["errors"][0]["field"] == "Last-Event-ID"


async def test_an_unknown_run_is_404_also_for_a_watcher(ask: Any, upstream: Any) -> None:
    upstream.answers["StreamRunEvents"] = lambda request: [NotFound("no run 'x'")]
    reply = await ask("GET", "/v1/runs/x:stream")
    assert (reply.status, reply.headers["content-type"]) == (404, "application/problem+json")


async def test_an_error_amid_events_is_an_event(ask: Any, upstream: Any) -> None:
    upstream.answers["StreamRunEvents"] = lambda request: [started(), NotFound("gone")]
    reply = await ask("GET", "/v1/runs/run_1:stream")
    assert reply.status == 200
    assert b'event: error\ndata: {"type":"urn:toolmesh:problem:not_found"' in reply.body


async def test_approving_names_the_call(ask: Any, upstream: Any) -> None:
    upstream.answers["ApproveToolCall"] = lambda request: run_service_pb2.ApproveToolCallResponse()
    assert (await ask("POST", "/v1/runs/run_1:approve", {})).status == 400
    assert (await ask("POST", "/v1/runs/run_1:approve", {"tool_call_id": "c", "refuse": True})).status == 200
    request = upstream.asked[0][1]
    assert (request.run, request.tool_call_id, request.refuse) == ("run_1", "c", True)


async def test_a_key_may_only_have_so_many_runs_under_way(ask: Any, upstream: Any, clock: Any) -> None:
    assert (await ask("POST", "/v1/runs", {"input": "a"}, key=NARROW)).status == 200
    reply = await ask("POST", "/v1/runs", {"input": "b"}, key=NARROW)
    assert (reply.status, reply.json["reason"]) == (429, "TOO_MANY_RUNS")
    over = run_pb2.Run(id="run_1", state=run_pb2.RUN_STATE_FAILED)
    upstream.answers["GetRun"] = lambda request: run_service_pb2.GetRunResponse(run=over)
    clock.advance(1)
    assert (await ask("POST", "/v1/runs", {"input": "c"}, key=NARROW)).status == 200


class Flaky:
    """A planner that goes away after some events, then comes again."""

    def __init__(self, *turns: list[Any]) -> None:
        self._turns = list(turns)
        self.after: list[int] = []

    def __call__(self, request: run_service_pb2.StreamRunEventsRequest, *, timeout: float | None = None) -> Any:
        self.after.append(request.after_sequence)
        turn = self._turns.pop(0)

        class Responses:
            async def __aiter__(self) -> Any:
                for item in turn:
                    if isinstance(item, Exception):
                        raise item
                    yield item

            def cancel(self) -> None:
                pass

        return Responses()


async def no_pause(seconds: float) -> None:
    pass


async def test_a_restarted_planner_is_asked_for_the_events_after_the_last_one() -> None:
    planner = Flaky([started(), Unavailable("gone")], [Unavailable("still gone")], [ended(2)])
    events = [event async for event in FollowRun(planner, no_pause)("run_1")]
    assert [event.sequence for event in events] == [1, 2]
    assert planner.after == [0, 1, 1]


async def test_a_planner_that_never_answered_is_told_at_once() -> None:
    planner = Flaky([Unavailable("gone")])
    with pytest.raises(Unavailable):
        [event async for event in FollowRun(planner, no_pause)("run_1")]
    assert len(planner.after) == 1


async def test_a_planner_that_stays_away_is_given_up() -> None:
    planner = Flaky([started(), Unavailable("gone")], *([Unavailable("gone")] for _ in range(40)))
    with pytest.raises(Unavailable):
        [event async for event in FollowRun(planner, no_pause)("run_1")]
    assert len(planner.after) < 40
