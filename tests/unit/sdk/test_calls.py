"""Each call sends what the REST API expects and gives typed results; in both clients."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from toolmesh_sdk import InvalidInput, NotFound, RunLimits, Unavailable

RUN = {
    "id": "run_1",
    "user": "ada",
    "state": "succeeded",
    "end_reason": "answered",
    "output": "10",
    "usage": {"prompt_tokens": 90, "completion_tokens": 7},
    "last_sequence": 9,
    "create_time": "2030-01-01T12:00:00.123456789Z",
    "tools_called": ["calculate"],
    "a_field_of_next_year": 1,
}


async def test_a_key_travels_with_every_call(sdk: Any, platform: Any) -> None:
    platform.will_answer(RUN)
    await sdk.do(lambda client: client.runs.get("run_1"))
    assert platform.requests[0].headers["authorization"] == "Bearer key"


async def test_a_run_is_created_with_only_what_was_said_and_a_request_id(sdk: Any, platform: Any) -> None:
    platform.will_answer({"id": "run_1", "state": "running"})
    limits = RunLimits(max_steps=3, max_duration=timedelta(seconds=1.5))
    run = await sdk.do(lambda client: client.runs.create("2+2?", session="s", tools=["calculate"], limits=limits))
    body = platform.body
    assert body.pop("request_id").startswith("request_")
    assert body == {
        "input": "2+2?",
        "session": "s",
        "tools": ["calculate"],
        "limits": {"max_steps": 3, "max_duration": "1.5s"},
    }
    assert (run.id, run.ended) == ("run_1", False)


async def test_a_run_is_typed(sdk: Any, platform: Any) -> None:
    platform.will_answer(RUN)
    run = await sdk.do(lambda client: client.runs.get("run_1"))
    assert run.succeeded
    assert run.ended
    assert run.usage.prompt_tokens == 90
    assert run.create_time == datetime(2030, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)
    assert run.error is None


async def test_runs_are_cancelled_and_approved_by_their_verbs(sdk: Any, platform: Any) -> None:
    platform.will_answer(RUN, RUN)
    await sdk.do(lambda client: client.runs.cancel("run_1"))
    await sdk.do(lambda client: client.runs.approve("run_1", "call_1", refuse=True, comment="no"))
    assert platform.asked == ["POST /v1/runs/run_1:cancel", "POST /v1/runs/run_1:approve"]
    assert platform.body == {"tool_call_id": "call_1", "refuse": True, "comment": "no"}


async def test_a_list_is_a_page_and_each_goes_over_all_pages(sdk: Any, platform: Any) -> None:
    first = {"tools": [{"name": "a"}, {"name": "b"}], "next_page_token": "t/2"}
    platform.will_answer(first, first, {"tools": [{"name": "c"}]})
    page = await sdk.do(lambda client: client.tools.list(tags=["x", "y"], page_size=2))
    assert ([tool.name for tool in page.items], page.next_page_token) == (["a", "b"], "t/2")
    assert platform.asked == ["GET /v1/tools?tags=x&tags=y&page_size=2"]
    every = await sdk.do(lambda client: client.tools.each(page_size=2))
    assert [tool.name for tool in every] == ["a", "b", "c"]
    assert platform.asked[1:] == ["GET /v1/tools?page_size=2", "GET /v1/tools?page_size=2&page_token=t%2F2"]


async def test_a_tool_is_found_and_shown_with_its_schema(sdk: Any, platform: Any) -> None:
    tool = {"name": "calculate", "arguments_schema": {"type": "object"}, "timeout": "2s", "tool_service": "math"}
    platform.will_answer(tool, {"results": [{"tool": tool, "score": 0.9}], "searched": 12})
    shown = await sdk.do(lambda client: client.tools.get("calculate"))
    assert (shown.arguments_schema, shown.timeout, shown.tool_service) == (
        {"type": "object"},
        timedelta(seconds=2),
        "math",
    )
    found = await sdk.do(lambda client: client.tools.search("what is 2+2", top_k=3))
    assert platform.asked[1] == "GET /v1/tools:search?query=what+is+2%2B2&top_k=3"
    assert (found.results[0].tool.name, found.results[0].score, found.searched) == ("calculate", 0.9, 12)


async def test_a_tool_is_invoked_with_plain_json(sdk: Any, platform: Any) -> None:
    platform.will_answer({"output": {"value": 3}, "call_duration": "0.002s", "attempts": 1})
    called = await sdk.do(lambda client: client.tools.invoke("add up", {"a": 1, "b": 2}))
    assert platform.asked == ["POST /v1/tools/add%20up:invoke"]
    assert platform.body["arguments"] == {"a": 1, "b": 2}
    assert (called.output, called.call_duration) == ({"value": 3}, timedelta(milliseconds=2))


async def test_a_tools_false_and_zero_arguments_are_sent(sdk: Any, platform: Any) -> None:
    platform.will_answer({"output": 0})
    await sdk.do(lambda client: client.tools.invoke("t", {"a": 0, "b": False, "c": "", "d": None}))
    assert platform.body["arguments"] == {"a": 0, "b": False, "c": "", "d": None}


async def test_tool_services_are_registered_listed_and_forgotten(sdk: Any, platform: Any) -> None:
    service = {"name": "math", "address": "127.0.0.1:7011", "state": "ready", "tools": ["calculate"]}
    platform.will_answer(service, {"tool_services": [service]}, {})
    registered = await sdk.do(lambda client: client.tool_services.register("math", "127.0.0.1:7011"))
    assert registered.state == "ready"
    assert [s.name for s in (await sdk.do(lambda client: client.tool_services.list())).items] == ["math"]
    assert await sdk.do(lambda client: client.tool_services.unregister("math")) is None
    assert platform.asked[2] == "DELETE /v1/tool-services/math"


async def test_a_document_is_added_from_a_file(sdk: Any, platform: Any, tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    path.write_text("# 笔记")
    platform.will_answer({"id": "doc_1", "passage_count": 1})
    document = await sdk.do(lambda client: client.documents.add(path, title="Notes"))
    body = platform.body
    assert base64.b64decode(body["content"]).decode() == "# 笔记"
    assert (body["source"], body["title"]) == (str(path), "Notes")
    assert "media_type" not in body
    assert document.id == "doc_1"


async def test_a_document_is_added_from_a_text(sdk: Any, platform: Any) -> None:
    platform.will_answer({"id": "doc_1"})
    await sdk.do(lambda client: client.documents.add(text="hello"))
    assert (platform.body["content"], platform.body["media_type"]) == ("aGVsbG8=", "text/plain")


async def test_a_document_needs_exactly_one_of_path_and_text(sdk: Any, platform: Any) -> None:
    with pytest.raises(InvalidInput, match="not both"):
        await sdk.do(lambda client: client.documents.add("a", text="b"))
    with pytest.raises(InvalidInput, match=r"cannot read 'nowhere\.md'"):
        await sdk.do(lambda client: client.documents.add("nowhere.md"))
    assert platform.requests == []


async def test_documents_are_searched_and_removed(sdk: Any, platform: Any) -> None:
    hit = {"passage": {"document": "doc_1", "text": "hello", "page": 2}, "score": 0.5}
    platform.will_answer({"results": [hit], "degraded": "inference is down"}, {})
    found = await sdk.do(lambda client: client.documents.search("hi", documents=["doc_1"]))
    assert (found.results[0].passage.page, found.degraded) == (2, "inference is down")
    await sdk.do(lambda client: client.documents.delete("doc_1"))
    assert platform.asked == ["GET /v1/documents:search?query=hi&documents=doc_1", "DELETE /v1/documents/doc_1"]


async def test_a_sessions_messages_hold_tool_calls(sdk: Any, platform: Any) -> None:
    call = {"id": "c1", "tool": "weather", "arguments": {"city": "北京"}}
    entry = {"sequence": 2, "message": {"role": "assistant", "tool_calls": [call]}, "run": "run_1"}
    platform.will_answer({"messages": [entry]})
    page = await sdk.do(lambda client: client.sessions.messages("s1", newest_first=True))
    assert platform.asked == ["GET /v1/sessions/s1/messages?newest_first=true"]
    assert page.items[0].message.tool_calls[0].arguments == {"city": "北京"}


async def test_an_artifact_is_sent_from_a_file_and_downloaded_to_one(sdk: Any, platform: Any, tmp_path: Path) -> None:
    source = tmp_path / "table.csv"
    source.write_bytes(b"a,b\n" * 100_000)
    platform.will_answer({"id": "sha256-1", "size_bytes": 400_000})
    stored = await sdk.do(lambda client: client.artifacts.create(source))
    assert platform.asked == ["POST /v1/artifacts?file_name=table.csv"]
    assert platform.requests[0].headers["content-type"] == "text/csv"
    assert platform.bodies[0] == source.read_bytes()
    assert stored.size_bytes == 400_000
    platform.will_stream(b"a,b\n", b"1,2\n")
    target = await sdk.do(lambda client: client.artifacts.download("sha256-1", tmp_path / "out.csv"))
    assert target.read_bytes() == b"a,b\n1,2\n"


async def test_a_download_that_breaks_leaves_no_file(sdk: Any, platform: Any, tmp_path: Path) -> None:
    platform.will_stream(b"a,b\n", httpx.ReadError("reset"))
    with pytest.raises(Unavailable, match="broke: reset"):
        await sdk.do(lambda client: client.artifacts.download("sha256-1", tmp_path / "out.csv"))
    assert names_in(tmp_path) == []


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def test_bytes_are_stored_and_fetched_as_they_are(sdk: Any, platform: Any) -> None:
    platform.will_answer({"id": "sha256-1"})
    await sdk.do(lambda client: client.artifacts.create(b"\x00\xff", media_type="image/png", file_name="a b.png"))
    assert platform.bodies[0] == b"\x00\xff"
    assert platform.requests[0].headers["content-type"] == "image/png"
    platform.will_stream(b"\x00\xff")
    content = await sdk.do(lambda client: client.artifacts.get("sha256-1"))
    assert content.content == b"\x00\xff"


async def test_models_come_in_openais_shape_with_our_fields(sdk: Any, platform: Any) -> None:
    model = {"id": "smollm2", "object": "model", "task": "generate", "is_default": True, "context_tokens": 2048}
    platform.will_answer({"object": "list", "data": [model]})
    models = await sdk.do(lambda client: client.models.list())
    assert (models.items[0].id, models.items[0].is_default) == ("smollm2", True)


async def test_names_with_slashes_stay_one_segment(sdk: Any, platform: Any) -> None:
    platform.will_refuse(404, detail="there is no session '../runs'", code="NOT_FOUND")
    with pytest.raises(NotFound):
        await sdk.do(lambda client: client.sessions.get("../runs"))
    assert platform.asked == ["GET /v1/sessions/..%2Fruns"]


async def test_results_cannot_be_changed_and_become_json_again(sdk: Any, platform: Any) -> None:
    platform.will_answer(RUN)
    run = await sdk.do(lambda client: client.runs.get("run_1"))
    with pytest.raises(ValueError, match="frozen"):
        run.state = "failed"
    assert json.loads(json.dumps(run.to_json()))["usage"]["completion_tokens"] == 7
