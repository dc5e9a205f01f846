"""REST over real HTTP, in front of scripted neighbours."""

import asyncio
import json
from typing import Any

import httpx
import pytest

# One gateway serves all tests here, on one loop.
pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_tool_call_goes_all_the_way_and_back(gateway: Any, neighbours: Any) -> None:
    async with gateway.http() as http:
        reply = await http.post(
            "/v1/tools/echo:invoke",
            content=b'{"arguments": {"big": 123456789012345678901}}',
            headers={"content-type": "application/json"},
        )
    assert reply.status_code == 200
    assert b'"output":{"big":123456789012345678901}' in reply.content
    assert "server" not in reply.headers
    assert neighbours.tool_router.calls[0].tool == "echo"


async def test_a_neighbours_error_names_the_field(gateway: Any) -> None:
    async with gateway.http() as http:
        reply = await http.post("/v1/tools/other:invoke", json={"arguments": {}})
    assert (reply.status_code, reply.json()["errors"][0]["field"]) == (400, "arguments.a")


async def test_a_run_is_waited_for(gateway: Any) -> None:
    async with gateway.http() as http:
        run = (await http.post("/v1/runs?wait=true", json={"input": "it is 4"})).json()
    assert (run["state"], run["output"], run["user"]) == ("succeeded", "it is 4", "owner")


async def test_the_trace_and_the_deadline_reach_the_neighbour(gateway: Any, neighbours: Any) -> None:
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    headers = {"traceparent": f"00-{trace_id}-b7ad6b7169203331-01", "request-timeout": "5", "toolmesh-user": "eve"}
    async with gateway.http() as http:
        await http.post("/v1/runs", json={"input": "x"}, headers=headers)
    assert neighbours.planner.trace_ids == [trace_id]
    assert neighbours.planner.contexts[0].user == "owner"
    assert neighbours.planner.seconds_left[0] < 6


async def events_of(reply: httpx.Response) -> list[dict[str, str]]:
    events, event = [], {}
    async for line in reply.aiter_lines():
        if not line:
            events.append(event)
            event = {}
        else:
            name, _, value = line.partition(": ")
            event[name] = value
    return events


async def test_events_are_watched_and_taken_up_again(gateway: Any) -> None:
    async with gateway.http() as http:
        run = (await http.post("/v1/runs", json={"input": "it is 4"})).json()["id"]
        async with http.stream("GET", f"/v1/runs/{run}:stream") as reply:
            events = await events_of(reply)
        assert [event["event"] for event in events] == ["run_started", *["answer_delta"] * 3, "run_ended"]
        assert [event.get("id") for event in events] == ["1", None, None, None, "2"]
        assert json.loads(events[-1]["data"])["run_ended"]["run"]["output"] == "it is 4"
        async with http.stream("GET", f"/v1/runs/{run}:stream", headers={"last-event-id": "1"}) as reply:
            assert (await events_of(reply))[0]["event"] == "answer_delta"


async def test_a_watcher_that_leaves_does_not_touch_the_run(gateway: Any, neighbours: Any) -> None:
    async with gateway.http() as http:
        run = (await http.post("/v1/runs", json={"input": "forever"})).json()["id"]
        async with http.stream("GET", f"/v1/runs/{run}:stream") as reply:
            async for line in reply.aiter_lines():
                if line.startswith("event: run_started"):
                    break
    assert not neighbours.planner.cancelled.is_set()


async def test_silence_is_filled_with_comments(tmp_path: Any, neighbours: Any, start_gateway: Any) -> None:
    settings = {"TOOLMESH_GATEWAY_SSE_KEEPALIVE_S": "0.05"}
    async with start_gateway(tmp_path, neighbours.address, **settings) as gateway, gateway.http() as http:
        run = (await http.post("/v1/runs", json={"input": "forever"})).json()["id"]
        async with http.stream("GET", f"/v1/runs/{run}:stream") as reply:
            comments = 0
            async for line in reply.aiter_lines():
                comments += line == ": alive"
                if comments == 3:
                    return


async def test_a_client_that_leaves_a_slow_tool_ends_the_call(gateway: Any, neighbours: Any) -> None:
    async with gateway.http() as http:
        with pytest.raises(httpx.ReadTimeout):
            await http.post("/v1/tools/slow:invoke", json={}, timeout=0.2)
    await asyncio.wait_for(neighbours.tool_router.cancelled.wait(), 10)


async def test_a_deadline_ends_a_slow_tool(gateway: Any) -> None:
    async with gateway.http() as http:
        reply = await http.post("/v1/tools/slow:invoke", json={}, headers={"request-timeout": "0.2"})
    assert (reply.status_code, reply.json()["code"]) == (504, "DEADLINE_EXCEEDED")


@pytest.mark.parametrize("announced", [True, False])
async def test_ten_megabytes_are_refused_in_one_line(gateway: Any, announced: bool) -> None:
    piece, pieces = b"x" * 2**16, 160

    async def body() -> Any:
        for _ in range(pieces):
            yield piece

    headers = {"content-type": "application/json"} | ({"content-length": str(len(piece) * pieces)} if announced else {})
    async with gateway.http() as http:
        reply = await http.post("/v1/runs", content=body(), headers=headers)
        assert (reply.status_code, reply.json()["reason"]) == (413, "BODY_TOO_LARGE")
        assert (await http.get("/healthz")).status_code == 200


async def test_an_artifact_of_megabytes_goes_in_and_comes_out(gateway: Any, neighbours: Any) -> None:
    content = bytes(range(256)) * 4096 * 3
    async with gateway.http() as http:
        made = await http.post(
            "/v1/artifacts?file_name=a.bin", content=content, headers={"content-type": "application/octet-stream"}
        )
        assert made.json()["size_bytes"] == len(content)
        got = await http.get(f"/v1/artifacts/{made.json()['id']}")
    assert got.content == content
    assert got.headers["content-disposition"] == "attachment; filename*=UTF-8''a.bin"


async def test_an_artifact_over_the_limit_is_refused(tmp_path: Any, neighbours: Any, start_gateway: Any) -> None:
    async def body() -> Any:
        for _ in range(40):
            yield b"x" * 2**16

    settings = {"TOOLMESH_GATEWAY_MAX_ARTIFACT_BYTES": "1000000"}
    async with start_gateway(tmp_path, neighbours.address, **settings) as gateway, gateway.http() as http:
        reply = await http.post("/v1/artifacts", content=body(), headers={"content-type": "text/csv"})
        assert reply.status_code == 413
    assert neighbours.memory.artifacts == {}


async def test_readyz_and_metrics(gateway: Any) -> None:
    async with gateway.http(key="") as http:
        ready = await http.get("/readyz")
        assert (ready.status_code, set(ready.json()["neighbours"].values())) == (200, {"ok"})
        await http.get("/v1/runs/some-id")
        metrics = (await http.get("/metrics")).text
    assert 'route="/v1/runs/{run}",status="401"' in metrics
    assert "some-id" not in metrics


async def test_a_neighbour_that_is_down_is_named(tmp_path: Any, start_gateway: Any) -> None:
    async with start_gateway(tmp_path, "unix:/nowhere.sock") as gateway, gateway.http() as http:
        reply = await http.get("/readyz")
        assert (reply.status_code, len(reply.json()["neighbours"])) == (503, 8)
        reply = await http.get("/v1/tools", headers={"request-timeout": "0.5"})
        assert reply.status_code in (503, 504)
        assert "nowhere.sock" not in reply.text
