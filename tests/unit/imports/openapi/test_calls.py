"""Calls to a server on loopback: what is sent, what comes back, and the bounds."""

import asyncio
import gzip
import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from email import message_from_bytes
from typing import Any
from urllib.parse import parse_qsl

import pytest
from fixtures.http_peer import HttpPeer, Reply

from toolmesh_core.errors import ToolError
from toolmesh_imports.openapi import OpenApiCaller, OpenApiTool

from .documents import body, parameter

MakeTool = Callable[..., OpenApiTool]
MakeCaller = Callable[..., OpenApiCaller]
TEXT = {"type": "string"}


async def error_of(caller: OpenApiCaller, tool: OpenApiTool, arguments: dict[str, Any] | None = None) -> ToolError:
    with pytest.raises(ToolError) as caught:
        await caller.call(tool, arguments or {})
    return caught.value


async def test_parameters_reach_path_query_headers_and_cookies(
    peer: HttpPeer, tool_for: MakeTool, caller_for: MakeCaller
) -> None:
    places = [parameter("id", "path"), parameter("q"), parameter("X-Trace", "header"), parameter("lang", "cookie")]
    tool = tool_for({"parameters": places}, path="/things/{id}")
    assert await caller_for().call(tool, {"id": "a/b", "q": "c d", "X-Trace": "专", "lang": "zh"}) == {"ok": True}
    asked = peer.last
    assert (asked.method, asked.target) == ("GET", "/v1/things/a%2Fb?q=c%20d")
    assert (asked.headers["x-trace"], asked.headers["cookie"]) == ("专", "lang=zh")
    assert (asked.headers["host"], asked.body) == (f"api.test:{peer.port}", b"")


async def test_a_body_of_json_is_sent_with_nulls_and_under_its_own_media_type(
    peer: HttpPeer, tool_for: MakeTool, caller_for: MakeCaller
) -> None:
    schema = {"properties": {"id": {"type": ["string", "null"]}, "n": {"type": "integer"}}}
    declared = {"requestBody": body(schema, "application/vnd.api+json"), "parameters": [parameter("id")]}
    await caller_for().call(tool_for(declared, method="patch"), {"body_id": None, "n": 3})
    assert json.loads(peer.last.body) == {"id": None, "n": 3}
    assert peer.last.headers["content-type"] == "application/vnd.api+json"


async def test_an_optional_body_without_arguments_is_not_sent_and_a_required_one_is(
    peer: HttpPeer, tool_for: MakeTool, caller_for: MakeCaller
) -> None:
    declared = body({"properties": {"a": TEXT}})
    await caller_for().call(tool_for({"requestBody": declared | {"required": False}}, method="put"), {})
    assert (peer.last.body, "content-type" in peer.last.headers) == (b"", False)
    await caller_for().call(tool_for({"requestBody": declared}, method="put"), {})
    assert peer.last.body == b"{}"


async def test_a_form_repeats_lists_and_writes_objects_as_json_or_as_its_encoding_says(
    peer: HttpPeer, tool_for: MakeTool, caller_for: MakeCaller
) -> None:
    names = ("a", "list", "joined", "object", "deep")
    media = body({"properties": {name: {} for name in names}}, "application/x-www-form-urlencoded")
    encoding = {"joined": {"explode": False}, "deep": {"style": "deepObject"}}
    media["content"]["application/x-www-form-urlencoded"]["encoding"] = encoding
    tool = tool_for({"requestBody": media}, method="post")
    both, inner = ["x", "y"], {"k": 1}
    arguments = {"a": "1 &", "list": both, "joined": both, "object": inner, "deep": inner}
    await caller_for().call(tool, arguments)
    assert peer.last.headers["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qsl(peer.last.body.decode()) == [
        ("a", "1 &"), ("list", "x"), ("list", "y"), ("joined", "x,y"), ("object", '{"k":1}'), ("deep[k]", "1"),
    ]  # fmt: skip


async def test_multipart_has_a_part_for_each_value_and_files_as_bytes(
    peer: HttpPeer, tool_for: MakeTool, caller_for: MakeCaller
) -> None:
    file = {"type": "string", "format": "binary"}
    schema = {
        "properties": {"note": TEXT, "data": {"type": "object"}, "file": file, "more": {"type": "array", "items": file}}
    }
    media = body(schema, "multipart/form-data", encoding={"file": {"contentType": "image/png, image/gif"}})
    packed = b64encode(b"\x00\xff").decode()
    arguments = {"note": "专", "data": {"k": 1}, "file": packed, "more": [packed, packed]}
    await caller_for().call(tool_for({"requestBody": media}, method="post", openapi="3.0.3"), arguments)
    head = f"Content-Type: {peer.last.headers['content-type']}\r\n\r\n".encode()
    parts = message_from_bytes(head + peer.last.body).get_payload()
    assert isinstance(parts, list)
    seen = [
        (part.get_param("name", header="content-disposition"), part["Content-Type"], part.get_payload(decode=True))
        for part in parts
    ]
    assert seen == [
        ("note", None, "专".encode()),
        ("data", "application/json", b'{"k":1}'),
        ("file", "image/png", b"\x00\xff"),
        ("more", "application/octet-stream", b"\x00\xff"),
        ("more", "application/octet-stream", b"\x00\xff"),
    ]


async def test_a_file_that_is_no_base64_is_refused(tool_for: MakeTool, caller_for: MakeCaller) -> None:
    tool = tool_for({"requestBody": body({}, "image/png")}, method="post")
    error = await error_of(caller_for(), tool, {"body": "not base64!"})
    assert (error.reason, "'body' must be the file's bytes in base64" in error.message) == ("BAD_ARGUMENTS", True)


@pytest.mark.parametrize(
    ("media_type", "value", "sent"),
    [("text/plain", "héllo", "héllo".encode()), ("image/png", b64encode(b"\x00").decode(), b"\x00")],
)
async def test_a_body_of_text_or_bytes_is_sent_as_it_is(
    peer: HttpPeer, tool_for: MakeTool, caller_for: MakeCaller, media_type: str, value: str, sent: bytes
) -> None:
    await caller_for().call(tool_for({"requestBody": body({}, media_type)}, method="post"), {"body": value})
    assert (peer.last.body, peer.last.headers["content-type"].split(";")[0]) == (sent, media_type)


async def test_wrong_arguments_are_told_and_nothing_is_sent(
    peer: HttpPeer, tool_for: MakeTool, caller_for: MakeCaller
) -> None:
    tool = tool_for({"parameters": [parameter("n", schema={"type": "integer"}, required=True)]})
    for arguments in ({}, {"n": "x"}, {"n": 1, "m": 2}):
        assert (await error_of(caller_for(), tool, arguments)).reason == "BAD_ARGUMENTS"
    half = tool_for({"parameters": [parameter("q")]})
    assert (await error_of(caller_for(), half, {"q": "\ud800"})).reason == "BAD_ARGUMENTS"
    assert peer.asked == []


@pytest.mark.parametrize(
    ("reply", "output"),
    [
        (Reply({"a": [1, 2.5, None, 12345678901234567890123]}), {"a": [1, 2.5, None, 12345678901234567890123]}),
        (Reply(b"\xef\xbb\xbf[1]", headers={"Content-Type": "application/hal+json; charset=utf-8"}), [1]),
        (Reply("h\u00e9".encode("latin-1"), headers={"Content-Type": "text/plain; charset=latin-1"}), "hé"),
        (Reply("hé".encode(), headers={"Content-Type": "text/csv; charset=nonsense"}), "hé"),
        (Reply(b"<a/>", headers={"Content-Type": "application/xml"}), "<a/>"),
        (Reply(b"plain"), "plain"),
        (Reply(gzip.compress(b"[1]"), headers={"Content-Type": "application/json", "Content-Encoding": "gzip"}), [1]),
        (Reply(status="204 No Content"), {"status": 204}),
        (Reply(b"", headers={"Content-Type": "application/json"}), {"status": 200}),
        (Reply(list(range(50_000))), list(range(50_000))),
    ],
)
async def test_json_comes_as_its_value_text_as_text_and_nothing_as_its_status(
    peer: HttpPeer, tool_for: MakeTool, caller_for: MakeCaller, reply: Reply, output: Any
) -> None:
    peer.answer = lambda asked: reply
    assert await caller_for().call(tool_for({}), {}) == output


JSON_TYPE = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("reply", "reason", "said"),
    [
        (Reply(b'{"a": ', headers=JSON_TYPE), "BAD_RESPONSE", 'calls its answer JSON, and it is none: {"a":'),
        (Reply(b"NaN", headers=JSON_TYPE), "BAD_RESPONSE", "it is none: NaN"),
        (Reply(b"[" * 100_000, headers=JSON_TYPE), "BAD_RESPONSE", "it is none"),
        (Reply(b"\x89PNG", headers={"Content-Type": "image/png"}), "NOT_TEXT", "answered with image/png"),
        (Reply(b"x" * 300_000), "RESPONSE_TOO_LARGE", "has over 200000 bytes: ask for less of it"),
        (Reply(gzip.compress(b"x" * 300_000), headers={"Content-Encoding": "gzip"}), "RESPONSE_TOO_LARGE", "has over"),
        (Reply(b"x", headers={"Content-Encoding": "br"}), "NOT_TEXT", "packed as 'br'"),
    ],
)
async def test_an_answer_that_cannot_be_read_is_told(
    peer: HttpPeer, tool_for: MakeTool, caller_for: MakeCaller, reply: Reply, reason: str, said: str
) -> None:
    peer.answer = lambda asked: reply
    error = await error_of(caller_for(max_response_bytes=200_000), tool_for({}))
    assert (error.reason, said in error.message) == (reason, True), error.message


@pytest.mark.parametrize(
    ("status", "retryable"), [("404 Not Found", False), ("429 Too Many", True), ("503 Busy", True)]
)
async def test_an_answer_that_says_no_is_told_with_its_status_and_a_short_body(
    peer: HttpPeer, tool_for: MakeTool, caller_for: MakeCaller, status: str, retryable: bool
) -> None:
    peer.answer = lambda asked: Reply({"error": "no such\nalbum " * 500}, status, {"Retry-After": "7"})
    error = await error_of(caller_for(), tool_for({}))
    assert (error.reason, error.retryable) == ("HTTP_STATUS", retryable)
    assert error.message.startswith(f"api.test answered with HTTP status {status[:3]} ")
    assert '{"error": "no such' in error.message
    assert error.message.endswith("… (retry after: 7)")
    assert len(error.message) < 700


async def test_an_api_that_is_silent_is_not_waited_for(
    peer: HttpPeer, tool_for: MakeTool, caller_for: MakeCaller
) -> None:
    peer.answer = lambda asked: None
    error = await error_of(caller_for(timeout_s=0.05), tool_for({}))
    assert (error.reason, error.retryable) == ("TIMEOUT", True)
    assert "got no whole answer in 0.05 s" in error.message


async def test_an_api_that_stops_halfway_or_hangs_up_is_told(
    peer: HttpPeer, tool_for: MakeTool, caller_for: MakeCaller
) -> None:
    peer.answer = lambda asked: Reply(b"short", headers={"Content-Length": "100"})
    assert (await error_of(caller_for(timeout_s=0.05), tool_for({}))).reason == "TIMEOUT"
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        host = f"shut.test:{port}"
        caller, tool = caller_for(allowed=host, private=host), tool_for({})
        moved = replace(tool, operation=replace(tool.operation, server=f"http://{host}"))
        error = await error_of(caller, moved)
    assert (error.reason, error.retryable, "shut.test cannot be reached" in error.message) == ("NO_ANSWER", True, True)


async def test_connections_are_kept_and_cookies_are_not(
    peer: HttpPeer, tool_for: MakeTool, caller_for: MakeCaller
) -> None:
    peer.answer = lambda asked: Reply({}, headers={"Set-Cookie": "session=someone-else"})
    caller, tool = caller_for(), tool_for({})
    for _ in range(3):
        await caller.call(tool, {})
    assert len(peer.asked) == 3
    assert "cookie" not in peer.last.headers


async def test_many_calls_at_a_time_get_their_own_answers(
    peer: HttpPeer, tool_for: MakeTool, caller_for: MakeCaller
) -> None:
    peer.answer = lambda asked: Reply(asked.target)
    caller, tool = caller_for(), tool_for({"parameters": [parameter("n", schema={"type": "integer"})]})
    answers = await asyncio.gather(*(caller.call(tool, {"n": n}) for n in range(100)))
    assert answers == [f"/v1/things?n={n}" for n in range(100)]
