"""Calls obey the rules of HTTP GET: listed hosts, checked addresses, at each redirect again; secrets stay at home."""

from collections.abc import Callable
from typing import Any

import pytest
from fixtures.http_peer import Asked, HttpPeer, Reply

from toolmesh_core.errors import ToolError
from toolmesh_imports.openapi import ImportOptions, OpenApiCaller, OpenApiTool

from .conftest import Vault
from .documents import body, one_tool, parameter

MakeTool = Callable[..., OpenApiTool]
MakeCaller = Callable[..., OpenApiCaller]


def tool_at(server: str) -> OpenApiTool:
    return one_tool({}, options=ImportOptions(server=server))


async def reason_of(caller: OpenApiCaller, tool: OpenApiTool, arguments: dict[str, Any] | None = None) -> str:
    with pytest.raises(ToolError) as caught:
        await caller.call(tool, arguments or {})
    return caught.value.reason


@pytest.mark.parametrize("host", ["unlisted.test", "127.0.0.1", "api.test"])
async def test_a_host_or_port_that_is_not_listed_is_refused(peer: HttpPeer, caller_for: MakeCaller, host: str) -> None:
    assert await reason_of(caller_for(), tool_at(f"http://{host}/")) == "HOST_NOT_ALLOWED"
    assert peer.asked == []


async def test_a_private_address_is_refused_after_the_lookup_unless_the_host_is_named_for_it(
    peer: HttpPeer, tool_for: MakeTool, caller_for: MakeCaller
) -> None:
    assert await reason_of(caller_for(private=""), tool_for({})) == "ADDRESS_NOT_ALLOWED"
    assert await reason_of(caller_for(allowed="inside.test"), tool_at("http://inside.test/")) == "ADDRESS_NOT_ALLOWED"
    named = caller_for(allowed="cloud.test", private="cloud.test")
    assert await reason_of(named, tool_at("http://cloud.test/")) == "ADDRESS_NOT_ALLOWED"
    assert peer.asked == []


def redirecting(location: str, status: str = "302 Found") -> Callable[[Asked], Reply]:
    """Sends "/v1/things" elsewhere and answers whatever is there."""
    return lambda asked: (
        Reply(status=status, headers={"Location": location})
        if asked.target.startswith("/v1/things")
        else Reply([asked.method, asked.target, asked.headers["host"], asked.body.decode()])
    )


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("http://unlisted.test/", "HOST_NOT_ALLOWED"),
        ("http://169.254.169.254/latest/meta-data", "HOST_NOT_ALLOWED"),
        ("http://cloud.test/", "ADDRESS_NOT_ALLOWED"),
        ("file:///etc/passwd", "BAD_URL"),
        ("http://user:x@api.test/", "BAD_URL"),
    ],
)
async def test_each_redirect_is_checked_like_the_first_address(
    peer: HttpPeer, tool_for: MakeTool, caller_for: MakeCaller, location: str, reason: str
) -> None:
    peer.answer = redirecting(location)
    assert await reason_of(caller_for(allowed="cloud.test"), tool_for({})) == reason
    assert len(peer.asked) == 1


@pytest.mark.parametrize(
    ("method", "status", "followed"),
    [
        ("get", "301 Moved", ["GET", ""]),
        ("post", "302 Found", ["GET", ""]),
        ("post", "303 See Other", ["GET", ""]),
        ("put", "303 See Other", ["GET", ""]),
        ("put", "301 Moved", ["PUT", '{"a":"x"}']),
        ("post", "307 Temporary", ["POST", '{"a":"x"}']),
        ("post", "308 Permanent", ["POST", '{"a":"x"}']),
    ],
)
async def test_a_redirect_is_followed_by_the_method_of_rfc_9110(
    peer: HttpPeer, tool_for: MakeTool, caller_for: MakeCaller, method: str, status: str, followed: list[str]
) -> None:
    peer.answer = redirecting("/there", status)
    declared = {} if method == "get" else {"requestBody": body({"properties": {"a": {"type": "string"}}})}
    there = await caller_for().call(tool_for(declared, method=method), {} if method == "get" else {"a": "x"})
    assert [there[0], there[1], there[3]] == [followed[0], "/there", followed[1]]


async def test_redirects_without_end_are_not_followed(
    peer: HttpPeer, tool_for: MakeTool, caller_for: MakeCaller
) -> None:
    peer.answer = redirecting("/v1/things")
    assert await reason_of(caller_for(max_redirects=2), tool_for({})) == "TOO_MANY_REDIRECTS"
    assert len(peer.asked) == 3


KEY = {"k": {"type": "apiKey", "in": "header", "name": "X-Key"}, "b": {"type": "http", "scheme": "bearer"}}


async def test_secrets_and_arguments_in_headers_do_not_follow_to_another_origin(
    peer: HttpPeer, tool_for: MakeTool, caller_for: MakeCaller
) -> None:
    declared = {
        "security": [{"k": [], "b": []}],
        "parameters": [parameter("lang", "cookie"), parameter("X-Mine", "header")],
    }
    tool = tool_for(declared, components={"securitySchemes": KEY}, secrets={"k": "key", "b": "token"})
    caller = caller_for(vault=Vault({"key": "hunter2", "token": "hunter3"}))
    for location, kept in (("/there", True), (f"http://other.test:{peer.port}/there", False)):
        peer.answer = redirecting(location)
        await caller.call(tool, {"lang": "zh", "X-Mine": "mine"})
        assert peer.asked[-2].headers["x-key"] == "hunter2"
        assert [name in peer.last.headers for name in ("x-key", "authorization", "cookie", "x-mine")] == [kept] * 4


async def test_a_body_does_not_follow_to_another_origin(
    peer: HttpPeer, tool_for: MakeTool, caller_for: MakeCaller
) -> None:
    peer.answer = redirecting(f"http://other.test:{peer.port}/", "307 Temporary")
    tool = tool_for({"requestBody": body({"properties": {"a": {"type": "string"}}})}, method="post")
    assert await reason_of(caller_for(), tool, {"a": "x"}) == "REDIRECT_REFUSED"
