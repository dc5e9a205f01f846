"""Servers that do not do as they should."""

import json

import pytest

from toolmesh_core.errors import DeadlineExceeded, FailedPrecondition, ToolError, Unavailable
from toolmesh_imports.mcp import McpLimits, McpServer, ServerState

from .conftest import hostile_peer, quick
from .states import States


async def state_of(mode: str, **limits: int) -> ServerState:
    """What a hostile server's list becomes."""
    async with McpServer("bad", hostile_peer(mode), quick(limits=McpLimits(**limits))) as server:
        return server.state


async def test_bad_entries_are_left_out_and_told_and_the_good_ones_stay() -> None:
    state = await state_of("odd")
    assert {tool.original for tool in state.tools.values()} == {
        *("good", "bad-output", "strange-parts", "天气", "a/b c?", "a.b.c!", "n" * 100)
    }
    told = {left.name: left.why for left in state.left_out}
    assert set(told) == {
        *("no-schema", "text-schema", "array-schema", "bad-keyword", "remote", "laughs", "huge", "bad-output", "good"),
        *("", "17", "None", "m" * 79 + "…"),
    }
    assert "fan out too far" in told["laughs"]
    assert "leads to no schema in it" in told["remote"]
    assert "the tool is taken without" in told["bad-output"]


async def test_each_name_can_be_in_a_url_and_no_two_are_the_same() -> None:
    state = await state_of("odd")
    assert all(name.isascii() and len(name) <= 64 and set(name) <= ALLOWED for name in state.tools)
    assert len(state.tools) == 7
    assert "bad_good" in state.tools


ALLOWED = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


async def test_a_huge_list_is_cut_and_told() -> None:
    state = await state_of("huge-list", tools=50)
    assert len(state.tools) == 50
    assert state.left_out[-1].why == "the server lists over 50 tools; the rest is left out"


async def test_a_list_larger_than_a_message_is_refused() -> None:
    with pytest.raises(FailedPrecondition, match="the answer is too large"):
        await state_of("huge-list", message_bytes=200_000)


async def test_endless_pages_end() -> None:
    state = await state_of("endless-pages", pages=7)
    assert len(state.tools) == 7
    assert state.left_out[-1].why == "the server has over 7 pages; the rest is left out"


async def test_pages_in_a_circle_end() -> None:
    state = await state_of("circle")
    assert "the server's pages go round in a circle" in [left.why for left in state.left_out]


async def test_a_list_that_is_none_is_told() -> None:
    with pytest.raises(Unavailable, match="does not speak MCP as it should"):
        await state_of("no-list")


async def failing_call(mode: str, error: type[Exception], match: str, **limits: int) -> Exception:
    """The error of a call, after which the server still serves."""
    async with McpServer("bad", hostile_peer(mode), quick(limits=McpLimits(**limits), timeout_s=10.0)) as server:
        with pytest.raises(error, match=match) as raised:
            await server.call("bad_call", {})
        assert (await server.call("bad_good", {})).text == "fine"
    return raised.value


async def test_a_result_over_the_message_limit_costs_only_itself() -> None:
    states = States()
    options = quick(limits=McpLimits(message_bytes=200_000))
    async with McpServer("bad", hostile_peer("huge-result"), options, on_change=states) as server:
        with pytest.raises(ToolError, match="too large: ask for less of it"):
            await server.call("bad_call", {})
        assert (await server.call("bad_good", {})).text == "fine"
    assert all(state.up for state in states.seen)


async def test_a_result_over_the_output_limit_is_refused() -> None:
    await failing_call("huge-result", ToolError, "its output has over 1000 bytes", output_bytes=1000)


async def test_a_result_of_an_unknown_kind_is_told() -> None:
    await failing_call("bad-result", ToolError, "its answer is not what MCP says")


async def test_a_server_that_dies_in_a_call_is_gone_and_comes_back() -> None:
    await failing_call("dies", Unavailable, "its MCP server is gone")


async def test_an_endless_line_ends_the_session() -> None:
    await failing_call("endless-line", Unavailable, "a line of over 1600000 bytes", message_bytes=100_000)


async def test_endless_lines_that_are_no_messages_end_the_session() -> None:
    await failing_call("endless-junk", Unavailable, "over 500 messages in 10 s that nobody", unasked_messages=500)


async def test_endless_notifications_end_the_session() -> None:
    await failing_call("endless-notices", Unavailable, "over 500 messages in 10 s", unasked_messages=500)


async def test_no_answer_ends_at_the_limit_and_the_session_goes_on() -> None:
    async with McpServer("bad", hostile_peer("silent"), quick(timeout_s=0.3)) as server:
        with pytest.raises(DeadlineExceeded, match="not done in time"):
            await server.call("bad_call", {})
        assert (await server.call("bad_good", {})).text == "fine"


async def test_a_list_that_changes_for_ever_does_not_keep_calls_away() -> None:
    async with McpServer("bad", hostile_peer("changes-for-ever"), quick(refresh_pause_s=0.05)) as server:
        assert (await server.call("bad_good", {})).text == "fine"


async def test_sampling_elicitation_and_roots_are_refused() -> None:
    async with McpServer("bad", hostile_peer("asks"), quick()) as server:
        capabilities, *answers = json.loads((await server.call("bad_call", {})).text)
    assert capabilities == {}
    assert [answer["message"] for answer in answers] == [
        *("Sampling not supported", "Elicitation not supported", "List roots not supported")
    ]


async def test_roots_are_told_where_they_are_chosen() -> None:
    async with McpServer("bad", hostile_peer("asks"), quick(roots=("file:///srv/data",))) as server:
        capabilities, *answers = json.loads((await server.call("bad_call", {})).text)
    assert set(capabilities) == {"roots"}
    assert answers[-1]["roots"] == [{"uri": "file:///srv/data"}]
