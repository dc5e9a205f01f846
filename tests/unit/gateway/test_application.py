"""What every request meets: routes, key, limits, body, problems."""

from typing import Any

import pytest

from toolmesh.tool_router.v1 import tool_router_service_pb2
from toolmesh_core.errors import AlreadyExists, NotFound, ResourceExhausted, Unavailable
from toolmesh_testing import FakeClock

READER, NARROW = "key-of-a-reader", "key-with-few-tokens"


@pytest.fixture(autouse=True)
def _tools(upstream: Any) -> None:
    upstream.answers["ListTools"] = lambda request: tool_router_service_pb2.ListToolsResponse(next_page_token="n")


async def test_a_call_goes_out_as_the_keys_user(ask: Any, upstream: Any) -> None:
    reply = await ask("GET", "/v1/tools?page_size=3&tags=a&tags=b", key=READER)
    assert (reply.status, reply.json) == (200, {"tools": [], "next_page_token": "n"})
    assert upstream.users == ["reader-user"]
    assert upstream.asked[0][1] == tool_router_service_pb2.ListToolsRequest(page_size=3, tags=["a", "b"])


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "NO_API_KEY"),
        ({"authorization": "Basic abc"}, "BAD_AUTHORIZATION"),
        ({"authorization": "Bearer wrong-key-entirely"}, "UNKNOWN_API_KEY"),
    ],
)
async def test_without_a_known_key_the_answer_is_401(ask: Any, headers: dict[str, str], reason: str) -> None:
    reply = await ask("GET", "/v1/tools", key="", **headers)
    assert (reply.status, reply.json["reason"]) == (401, reason)
    assert reply.headers["www-authenticate"].startswith("Bearer")
    assert "wrong-key" not in reply.body.decode()
    assert "\n" not in reply.json["detail"]


async def test_a_missing_scope_is_named(ask: Any, upstream: Any) -> None:
    reply = await ask("POST", "/v1/tools/add:invoke", {"arguments": {}}, key=READER)
    assert (reply.status, reply.json["reason"]) == (403, "MISSING_SCOPE")
    assert "'tools:invoke'" in reply.json["detail"]
    assert upstream.asked == []


async def test_a_key_over_its_rate_waits_as_long_as_told(ask: Any, clock: FakeClock) -> None:
    replies = [await ask("GET", "/v1/tools", key=NARROW) for _ in range(3)]
    assert [reply.status for reply in replies] == [200, 200, 429]
    assert replies[0].headers["ratelimit"] == '"key";r=1;t=1'
    assert replies[0].headers["ratelimit-policy"] == '"key";q=2;w=1'
    assert replies[2].headers["retry-after"] == "1"
    assert replies[2].headers["ratelimit"].startswith('"key";r=0')
    clock.advance(float(replies[2].headers["retry-after"]))
    assert (await ask("GET", "/v1/tools", key=NARROW)).status == 200


async def test_one_keys_rate_is_not_anothers(ask: Any) -> None:
    for _ in range(3):
        await ask("GET", "/v1/tools", key=NARROW)
    assert (await ask("GET", "/v1/tools", key=READER)).status == 200


async def test_an_unknown_route_is_404_and_a_wrong_verb_405(ask: Any) -> None:
    assert (await ask("GET", "/v1/nothing")).status == 404
    reply = await ask("PUT", "/v1/tools")
    assert (reply.status, reply.headers["allow"]) == (405, "GET")
    reply = await ask("PATCH", "/v1/runs")
    assert reply.headers["allow"] == "GET, POST"


@pytest.mark.parametrize("verb", ["invoke", "bogus"])
async def test_a_custom_verb_is_part_of_the_route(ask: Any, verb: str) -> None:
    reply = await ask("GET", f"/v1/tools/add:{verb}")
    assert reply.status == (405 if verb == "invoke" else 404)


async def test_a_problem_names_what_was_wrong(ask: Any) -> None:
    reply = await ask("POST", "/v1/tool-services", {"name": 3, "colour": "red"})
    assert reply.headers["content-type"] == "application/problem+json"
    problem = reply.json
    assert (problem["status"], problem["reason"], problem["code"]) == (400, "INVALID_INPUT", "INVALID_ARGUMENT")
    assert problem["instance"] == "/v1/tool-services"
    assert [error["field"] for error in problem["errors"]] == ["name", "colour", "address"]
    assert len(problem["trace_id"]) == 32


async def test_a_required_field_must_be_there(ask: Any) -> None:
    reply = await ask("GET", "/v1/tools:search")
    assert reply.json["errors"] == [{"field": "query", "message": "is missing"}]


async def test_bad_json_is_400(ask: Any) -> None:
    reply = await ask("POST", "/v1/sessions", b'{"title": ')
    assert (reply.status, reply.json["reason"]) == (400, "BAD_JSON")


@pytest.mark.parametrize(
    "headers",
    [{"content_type": "text/plain"}, {"content_encoding": "gzip"}],
)
async def test_another_media_type_or_encoding_is_415(ask: Any, headers: dict[str, str]) -> None:
    assert (await ask("POST", "/v1/sessions", b"{}", **headers)).status == 415


async def test_a_body_announced_too_large_is_refused_before_it_is_read(ask: Any) -> None:
    reply = await ask("POST", "/v1/sessions", [b"never read"], content_length="10000000")
    assert (reply.status, reply.headers["connection"]) == (413, "close")
    assert "1500 bytes" in reply.json["detail"]


async def test_a_body_that_grows_too_large_is_refused_when_it_does(ask: Any) -> None:
    reply = await ask("POST", "/v1/sessions", [b"x" * 600] * 9)
    assert reply.status == 413


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (NotFound("no tool 'x'"), 404, "NOT_FOUND"),
        (AlreadyExists("taken"), 409, "ALREADY_EXISTS"),
        (ResourceExhausted("full", retry_after_s=2.2), 429, "RESOURCE_EXHAUSTED"),
    ],
)
async def test_errors_of_neighbours_keep_their_place_in_the_tree(
    ask: Any, upstream: Any, error: Exception, status: int, code: str
) -> None:
    upstream.answers["GetTool"] = lambda request: error
    reply = await ask("GET", "/v1/tools/x")
    assert (reply.status, reply.json["code"], reply.json["detail"]) == (status, code, str(error))
    assert reply.headers.get("retry-after") == ("3" if status == 429 else None)


async def test_a_neighbour_that_is_away_is_named_without_its_address(ask: Any, upstream: Any) -> None:
    upstream.answers["GetTool"] = lambda request: Unavailable("failed to connect to ipv4:10.0.0.7:4444")
    reply = await ask("GET", "/v1/tools/x")
    assert (reply.status, reply.json["detail"]) == (503, "tool router does not answer; try again in a moment")


async def test_a_defect_is_a_500_that_tells_nothing_but_its_trace(
    ask: Any, upstream: Any, caplog: pytest.LogCaptureFixture
) -> None:
    upstream.answers["GetTool"] = lambda request: 1 / 0
    reply = await ask("GET", "/v1/tools/x")
    assert (reply.status, reply.json["reason"]) == (500, "INTERNAL")
    assert reply.json["trace_id"] in reply.json["detail"]
    assert "division" not in reply.body.decode()
    assert "ZeroDivisionError" in caplog.text


async def test_an_inbound_trace_is_gone_on_with(ask: Any) -> None:
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    reply = await ask("GET", "/v1/tools?bad=1", traceparent=f"00-{trace_id}-b7ad6b7169203331-01")
    assert reply.json["trace_id"] == trace_id


@pytest.mark.parametrize("text", ["0", "-1", "nan", "soon"])
async def test_a_request_timeout_must_be_seconds(ask: Any, text: str) -> None:
    reply = await ask("GET", "/v1/tools", request_timeout=text)
    assert reply.json["errors"][0]["field"] == "Request-Timeout"


@pytest.mark.parametrize("path", ["/healthz", "/metrics", "/openapi.json", "/docs", "/readyz"])
async def test_what_scrapers_and_browsers_ask_needs_no_key(ask: Any, path: str) -> None:
    reply = await ask("GET", path, key="")
    assert reply.status == 200
    assert reply.headers["x-content-type-options"] == "nosniff"


async def test_readyz_names_who_is_not_well(ask: Any, neighbour_faults: dict[str, str]) -> None:
    neighbour_faults["memory"] = "it does not answer: UNAVAILABLE"
    reply = await ask("GET", "/readyz", key="")
    assert reply.status == 503
    assert "memory" in reply.json["detail"]
    assert reply.json["neighbours"]["planner"] == "ok"


async def test_a_gateway_that_stops_is_not_ready(ask: Any) -> None:
    ask.application.drain()
    assert (await ask("GET", "/readyz", key="")).json["reason"] == "DRAINING"


async def test_only_named_origins_may_call_from_a_page(ask: Any) -> None:
    asked = {"access_control_request_method": "POST", "access_control_request_headers": "authorization"}
    reply = await ask("OPTIONS", "/v1/runs", key="", origin="https://example.org", **asked)
    assert (reply.status, reply.headers["access-control-allow-methods"]) == (200, "GET, POST")
    assert reply.headers["access-control-allow-headers"] == "authorization"
    assert (await ask("OPTIONS", "/v1/runs", key="", origin="https://evil.org", **asked)).status == 405
    reply = await ask("GET", "/v1/tools", origin="https://example.org")
    assert reply.headers["access-control-allow-origin"] == "https://example.org"
    assert "access-control-allow-origin" not in (await ask("GET", "/v1/tools", origin="https://evil.org")).headers


async def test_an_idempotency_key_becomes_the_request_id(ask: Any, upstream: Any) -> None:
    upstream.answers["InvokeTool"] = lambda request: NotFound("no tool")
    await ask("POST", "/v1/tools/add:invoke", b"", idempotency_key="once")
    assert upstream.asked[0][1].request_id == "once"
