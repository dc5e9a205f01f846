"""The official MCP client calls the tools, in each protocol version."""

import asyncio
from typing import Any

import pytest
from mcp.shared.exceptions import MCPError

from .conftest import VERSIONS, Notices, Platform, connected, speak
from .mcp_tools import CALLS, TOOLS, WAITS

# One platform serves all tests here, on one loop.
pytestmark = pytest.mark.asyncio(loop_scope="module")
each_version = pytest.mark.parametrize("version", VERSIONS)


@pytest.fixture(params=VERSIONS)
def mode(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The mode of the client, for each version."""
    return speak(monkeypatch, request.param)


@each_version
async def test_the_version_is_the_one_the_client_speaks(
    platform: Platform, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with connected(platform.url, speak(monkeypatch, version)) as client:
        assert client.protocol_version == version


async def test_a_client_that_speaks_all_takes_the_current_version(platform: Platform) -> None:
    async with connected(platform.url) as client:
        assert client.protocol_version == VERSIONS[-1]
        assert client.server_info.name == "toolmesh"


async def test_every_tool_is_listed_with_what_it_declares(platform: Platform, mode: str) -> None:
    async with connected(platform.url, mode) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert set(tools) == {tool.definition.name for tool in TOOLS}
    assert tools["add"].description == "Add two whole numbers."
    assert tools["add"].input_schema["required"] == ["a"]
    hints = tools["add"].annotations
    assert hints is not None
    assert (hints.read_only_hint, hints.idempotent_hint) == (True, True)
    assert tools["press_button"].meta == {"toolmesh.dev/needsApproval": True}


async def test_an_output_is_text_and_structure(platform: Platform, mode: str) -> None:
    async with connected(platform.url, mode) as client:
        await client.list_tools()
        result = await client.call_tool("sum_up", {"numbers": [1, 2, 3]})
    assert result.structured_content == {"total": 6}
    assert (result.content[0].text, result.is_error) == ('{"total":6}', False)


async def test_an_output_that_is_no_object_is_text_in_every_version(platform: Platform, mode: str) -> None:
    async with connected(platform.url, mode) as client:
        result = await client.call_tool("add", {"a": 2, "b": 3})
    assert result.content[0].text == "5"
    assert result.structured_content == (5 if mode == VERSIONS[-1] else None)


async def test_an_output_that_is_too_large_is_a_summary_with_a_link_to_the_whole(platform: Platform, mode: str) -> None:
    async with connected(platform.url, mode) as client:
        await client.list_tools()
        result = await client.call_tool("write_much", {"characters": 40_000})
        summary, link = result.content
        assert result.structured_content["summary"]["count"] == 400
        assert link.type == "resource_link"
        whole = (await client.read_resource(link.uri)).contents[0]
    assert whole.text.startswith('["xxx')
    assert "too large" in summary.text


async def test_progress_and_partial_output_are_told_in_order(platform: Platform, mode: str) -> None:
    told: list[tuple[float, str | None]] = []

    async def tell(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, message))

    async with connected(platform.url, mode) as client:
        result = await client.call_tool("count", {"upto": 2}, progress_callback=tell)
    assert result.content[0].text == "counted"
    assert [message for _, message in told] == ["at 0", "0 ", "at 1", "1 "]
    assert [progress for progress, _ in told] == sorted({progress for progress, _ in told})


async def test_a_tools_own_failure_is_a_result_for_the_llm(platform: Platform, mode: str) -> None:
    async with connected(platform.url, mode) as client:
        result = await client.call_tool("divide", {"a": 1, "b": 0})
    assert result.is_error
    assert result.content[0].text == "argument 'b' is 0: give another divisor"
    assert result.meta["toolmesh.dev/reason"] == "DIVISION_BY_ZERO"


async def test_an_unknown_tool_is_a_protocol_error(platform: Platform, mode: str) -> None:
    async with connected(platform.url, mode) as client:
        with pytest.raises(MCPError, match="no_such_tool") as caught:
            await client.call_tool("no_such_tool", {})
    assert caught.value.code == -32602


@each_version
async def test_bad_arguments_are_told_as_the_version_says(
    platform: Platform, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with connected(platform.url, speak(monkeypatch, version)) as client:
        if version == VERSIONS[0]:
            with pytest.raises(MCPError, match='"a"') as caught:
                await client.call_tool("add", {"b": 2})
            assert caught.value.code == -32602
        else:
            result = await client.call_tool("add", {"b": 2})
            assert result.is_error
            assert '"a"' in result.content[0].text


@pytest.mark.parametrize(
    ("tool", "arguments", "reason"),
    [("drop_table", {"name": "x"}, "POLICY_DENIED"), ("press_button", {}, "APPROVAL_REQUIRED")],
)
async def test_what_the_policy_denies_or_holds_is_told_in_words(
    platform: Platform, tool: str, arguments: dict[str, Any], reason: str
) -> None:
    async with connected(platform.url) as client:
        result = await client.call_tool(tool, arguments)
    assert result.is_error
    assert tool in result.content[0].text
    assert result.meta["toolmesh.dev/reason"] == reason


async def test_a_call_that_the_client_cancels_ends_below(platform: Platform, mode: str) -> None:
    async with connected(platform.url, mode) as client:
        calling = asyncio.create_task(client.call_tool("wait_long", {}))
        await asyncio.wait_for(WAITS.started.wait(), 10)
        calling.cancel()
        await asyncio.wait_for(WAITS.cut_off.wait(), 10)
        # The session goes on.
        assert (await client.call_tool("add", {"a": 1})).content[0].text == "2"


async def test_a_client_that_goes_away_ends_its_call(platform: Platform, mode: str) -> None:
    async def call() -> None:
        async with connected(platform.url, mode) as client:
            await client.call_tool("wait_long", {})

    client = asyncio.create_task(call())
    await asyncio.wait_for(WAITS.started.wait(), 10)
    client.cancel()
    await asyncio.wait_for(WAITS.cut_off.wait(), 10)
    await asyncio.wait((client,))


async def test_more_than_a_thousand_tools_come_in_pages(platform: Platform, mode: str, more_tools: Any) -> None:
    async with more_tools(1100), connected(platform.url, mode) as client:
        names, cursor, pages = set(), None, 0
        while pages == 0 or cursor:
            page = await client.list_tools(cursor=cursor)
            assert len(page.tools) <= 200
            names |= {tool.name for tool in page.tools}
            cursor, pages = page.next_cursor, pages + 1
    assert pages == 6
    assert len(names) == 1100 + len(TOOLS)


async def test_a_client_with_a_session_hears_that_the_tools_changed(platform: Platform, more_tools: Any) -> None:
    first, second = Notices(), Notices()
    async with (
        connected(platform.url, "legacy", message_handler=first) as one,
        connected(platform.url, "legacy", message_handler=second),
    ):
        await _until_listening(platform, first, second, more_tools)
        assert {*first.methods, *second.methods} == {"notifications/tools/list_changed"}
        first.methods.clear()
        second.methods.clear()

        async def tell(progress: float, total: float | None, message: str | None) -> None:
            assert message

        await one.call_tool("count", {"upto": 3}, progress_callback=tell)
        # What one client's call tells is nothing for another one.
        assert "notifications/progress" not in second.methods


async def _until_listening(platform: Platform, first: Notices, second: Notices, more_tools: Any) -> None:
    """Changes the tools until both heard: when a client begins to listen after its start, it does not say."""
    async with asyncio.timeout(20):
        while not (first.came.is_set() and second.came.is_set()):
            async with more_tools(1):
                await asyncio.wait(
                    [asyncio.create_task(notices.came.wait()) for notices in (first, second)],
                    timeout=0.3,
                    return_when=asyncio.ALL_COMPLETED,
                )


async def test_a_client_without_a_session_hears_what_it_subscribed_to(platform: Platform, more_tools: Any) -> None:
    async with connected(platform.url) as client, client.listen(tools_list_changed=True) as changes:
        assert changes.honored.tools_list_changed
        async with asyncio.timeout(10), more_tools(1):
            await anext(changes)


async def test_arguments_reach_the_tool_as_they_were_written(platform: Platform, mode: str) -> None:
    async with connected(platform.url, mode) as client:
        result = await client.call_tool("add", {"a": 2**60, "b": 1})
    assert result.content[0].text == str(2**60 + 1)
    assert CALLS[-1] == 2**60
