"""The command groups: tables for people, JSON for machines, hints where there is nothing."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

TOOL = {
    "name": "calculate",
    "description": "Calculates exactly.",
    "arguments_schema": {
        "type": "object",
        "properties": {"expression": {"type": "string"}, "digits": {"type": "integer"}, "exact": {"type": "boolean"}},
    },
    "idempotent": True,
    "tags": ["math"],
    "tool_service": "calculation",
    "timeout": "2s",
}
CALL = {"id": "c1", "tool": "calculate", "arguments": {"expression": "2"}}


def test_tools_list_is_a_table_and_json(toolmesh: Any, platform: Any) -> None:
    platform.answers["GET /v1/tools"] = {"tools": [TOOL]}
    outcome = toolmesh("tools", "list", "--tag", "math")
    assert outcome.out.splitlines()[1].split() == ["calculate", "Calculates", "exactly.", "math"]
    assert platform.asked == ["GET /v1/tools?tags=math&page_size=1000"]
    assert toolmesh("tools", "list", "--json").json[0]["timeout"] == "2s"


def test_an_empty_list_says_what_to_do_on_stderr(toolmesh: Any, platform: Any) -> None:
    platform.answers["GET /v1/tools"] = {"tools": []}
    outcome = toolmesh("tools", "list")
    assert (outcome.code, outcome.out) == (0, "")
    assert "toolmesh tools services" in outcome.err


def test_tools_search_shows_scores_and_what_was_left_out(toolmesh: Any, platform: Any) -> None:
    hit = {"tool": TOOL, "score": 0.91, "lexical_score": 0.8, "dense_score": 0.95}
    platform.answers["GET /v1/tools:search"] = {"results": [hit], "searched": 24, "degraded": "inference is down"}
    outcome = toolmesh("tools", "search", "add numbers", "--top-k", "3")
    assert "0.91" in outcome.out
    assert outcome.err == "inference is down\n"
    assert platform.asked == ["GET /v1/tools:search?query=add+numbers&top_k=3"]


def test_tools_show_has_arguments_and_habits(toolmesh: Any, platform: Any) -> None:
    platform.answers["GET /v1/tools/calculate"] = TOOL
    out = toolmesh("tools", "show", "calculate").out
    assert "idempotent" in out
    assert '"expression"' in out


def test_invoke_reads_values_as_the_schema_says(toolmesh: Any, platform: Any) -> None:
    platform.answers["GET /v1/tools/calculate"] = TOOL
    platform.answers["POST /v1/tools/calculate:invoke"] = {"output": {"value": 3}}
    outcome = toolmesh("tools", "invoke", "calculate", "expression=12", "digits=3", "exact=true", "other=[1]", "bad={")
    arguments = {"expression": "12", "digits": 3, "exact": True, "other": [1], "bad": "{"}
    assert platform.bodies[-1]["arguments"] == arguments
    assert outcome.json == {"value": 3}


def test_invoke_takes_all_arguments_as_json(toolmesh: Any, platform: Any) -> None:
    platform.answers["POST /v1/tools/calculate:invoke"] = {"output": "plain \x1b text", "attempts": 1}
    outcome = toolmesh("tools", "invoke", "calculate", "--arguments", '{"expression": "1=1"}')
    assert platform.bodies[-1]["arguments"] == {"expression": "1=1"}
    assert outcome.out == "plain ␛ text\n"
    assert toolmesh("tools", "invoke", "calculate", "--json").json["attempts"] == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("--arguments", "{"),
        ("--arguments", "[1]"),
        ("no-equals",),
        ("=1",),
        ("a=1", "--arguments", "{}"),
    ],
)
def test_arguments_that_cannot_be_read_are_a_usage_error(
    toolmesh: Any, platform: Any, arguments: tuple[str, ...]
) -> None:
    platform.answers["GET /v1/tools/calculate"] = TOOL
    assert toolmesh("tools", "invoke", "calculate", *arguments).code == 2


def test_a_summary_names_the_artifact_with_the_whole(toolmesh: Any, platform: Any) -> None:
    artifact = {"artifact": "sha256-1", "media_type": "text/csv"}
    platform.answers["POST /v1/tools/query:invoke"] = {"output": "a,b", "truncated": True, "artifacts": [artifact]}
    assert "artifact sha256-1" in toolmesh("tools", "invoke", "query").err


def test_tool_services_are_registered_listed_and_unregistered(toolmesh: Any, platform: Any) -> None:
    service = {"name": "math", "address": "127.0.0.1:7011", "state": "ready", "tools": ["calculate"]}
    platform.answers["POST /v1/tool-services"] = service
    platform.answers["GET /v1/tool-services"] = {"tool_services": [service]}
    platform.answers["DELETE /v1/tool-services/math"] = {}
    assert (
        toolmesh("tools", "register", "math", "127.0.0.1:7011").out == "registered math at 127.0.0.1:7011: calculate\n"
    )
    assert "ready" in toolmesh("tools", "services").out
    assert toolmesh("tools", "unregister", "math").out == "unregistered math\n"


def test_runs_list_keeps_to_its_limit(toolmesh: Any, platform: Any) -> None:
    runs = [{"id": f"run_{n}", "state": "succeeded", "input": "q\nq", "output": "a"} for n in range(3)]
    platform.answers["GET /v1/runs"] = {"runs": runs, "next_page_token": "more"}
    assert [run["id"] for run in toolmesh("runs", "list", "--limit", "2", "--json").json] == ["run_0", "run_1"]
    assert platform.asked == ["GET /v1/runs?page_size=2"]
    assert "q q" in toolmesh("runs", "list", "--limit", "2").out


def test_runs_show_writes_the_steps_so_far(toolmesh: Any, platform: Any) -> None:
    events = [{"sequence": 1, "run_started": {}}, {"sequence": 2, "tool_call_started": {"call": CALL}}]
    stream = "".join(f"data: {json.dumps(event)}\n\n" for event in events)
    running = {"id": "run_1", "state": "running", "input": "2+2?", "last_sequence": 2}
    platform.answers["GET /v1/runs/run_1"] = running
    platform.answers["GET /v1/runs/run_1:stream"] = httpx.Response(200, text=stream)
    outcome = toolmesh("runs", "show", "run_1")
    assert outcome.out == 'request   2+2?\ncall      calculate {"expression": "2"}\n'
    assert "toolmesh runs show --follow run_1" in outcome.err


def test_runs_approve_finds_the_only_call_that_waits(toolmesh: Any, platform: Any) -> None:
    waiting = {"id": "run_1", "state": "waiting_for_approval", "pending_approvals": [CALL]}
    platform.answers["GET /v1/runs/run_1"] = waiting
    platform.answers["POST /v1/runs/run_1:approve"] = {"id": "run_1", "state": "running"}
    assert toolmesh("runs", "approve", "run_1", "--refuse", "--comment", "no").out == "run_1 is running\n"
    assert platform.bodies[-1] == {"tool_call_id": "c1", "refuse": True, "comment": "no"}


def test_runs_approve_asks_which_where_several_wait(toolmesh: Any, platform: Any) -> None:
    calls = [CALL, {**CALL, "id": "c2"}]
    platform.answers["GET /v1/runs/run_1"] = {"id": "run_1", "pending_approvals": calls}
    outcome = toolmesh("runs", "approve", "run_1")
    assert outcome.code == 2
    assert "c1, c2" in outcome.err


def test_runs_cancel_tells_the_state(toolmesh: Any, platform: Any) -> None:
    platform.answers["POST /v1/runs/run_1:cancel"] = {"id": "run_1", "state": "cancelled"}
    assert toolmesh("runs", "cancel", "run_1").out == "run_1 is cancelled\n"


def test_docs_are_added_from_files_and_from_a_text(toolmesh: Any, platform: Any, tmp_path: Path) -> None:
    for name in ("a.md", "b.md"):
        (tmp_path / name).write_text("# hello")
    platform.answers["POST /v1/documents"] = {"id": "doc_1", "title": "hello", "passage_count": 1}
    outcome = toolmesh("docs", "add", str(tmp_path / "a.md"), str(tmp_path / "b.md"))
    assert outcome.out == "added doc_1  hello  (1 passages)\n" * 2
    assert toolmesh("docs", "add", "--text", "hi", "--title", "T", "--json").json[0]["id"] == "doc_1"
    assert platform.bodies[-1]["title"] == "T"


@pytest.mark.parametrize("arguments", [(), ("nowhere.md",), ("--text", "a", __file__)])
def test_docs_add_needs_files_that_exist_or_a_text(toolmesh: Any, arguments: tuple[str, ...]) -> None:
    assert toolmesh("docs", "add", *arguments).code == 2


def test_docs_search_shows_passages_with_their_source(toolmesh: Any, platform: Any) -> None:
    passage = {"document": "d", "title": "T", "source": "a.pdf", "page": 3, "text": "the \x1b[31m [b]text[/b]"}
    platform.answers["GET /v1/documents:search"] = {"results": [{"passage": passage, "score": 0.5}]}
    out = toolmesh("docs", "search", "q").out
    assert "0.50  T  (a.pdf, page 3)" in out
    assert "the ␛[31m [b]text[/b]" in out


def test_docs_are_listed_and_removed(toolmesh: Any, platform: Any) -> None:
    platform.answers["GET /v1/documents"] = {"documents": [{"id": "doc_1", "title": "T"}]}
    platform.answers["DELETE /v1/documents/doc_1"] = {}
    assert "doc_1" in toolmesh("docs", "list").out
    assert toolmesh("docs", "remove", "doc_1").out == "removed doc_1\n"


def test_models_list_marks_the_default(toolmesh: Any, platform: Any) -> None:
    models = [{"id": "smollm2", "task": "generate", "is_default": True}, {"id": "e5", "task": "embed"}]
    platform.answers["GET /v1/models"] = {"object": "list", "data": models}
    out = toolmesh("models", "list").out
    assert "smollm2 *" in out
    assert "e5 *" not in out


def test_sessions_are_listed_and_shown_oldest_message_first(toolmesh: Any, platform: Any) -> None:
    platform.answers["GET /v1/sessions"] = {"sessions": [{"id": "s1", "message_count": 2}]}
    answered = {"sequence": 2, "message": {"role": "assistant", "content": "", "tool_calls": [CALL]}}
    asked = {"sequence": 1, "message": {"role": "user", "content": "2?"}}
    platform.answers["GET /v1/sessions/s1/messages"] = {"messages": [answered, asked]}
    assert "s1" in toolmesh("sessions", "list").out
    assert toolmesh("sessions", "show", "s1").out.splitlines() == [
        "   1  user: 2?",
        '   2  assistant: calls calculate {"expression": "2"}',
    ]
