"""What the router does not do over and over, and how it sends more tools than one message holds."""

from collections.abc import Callable
from typing import Any

import pytest

from toolmesh.tool_router.v1 import tool_router_service_pb2 as pb
from toolmesh_tool_router.api.messages import tool_message
from toolmesh_tool_router.api.servicer import ToolRouterServicer
from toolmesh_tool_router.app import register_tool_service
from toolmesh_tool_router.domain.tool_definition import ToolDefinition

Router = Any  # FakeRouter of the conftest
Make = Callable[..., ToolDefinition]
NAMES = ["a", "b", "c", "d", "e"]


def servicer(router: Router, most_tools_bytes: int) -> ToolRouterServicer:
    return ToolRouterServicer(router.directory, router.invoke, router.register, most_tools_bytes=most_tools_bytes)


@pytest.fixture
async def two_tools_bytes(router: Router, definition: Make) -> int:
    """The router has five tools; two of them have about so many bytes."""
    await router.add("calc", *(definition(name) for name in NAMES))
    return 2 * tool_message(definition("a")).ByteSize() + 20


async def pages(served: ToolRouterServicer, **fields: Any) -> list[list[str]]:
    found: list[list[str]] = []
    token = ""
    while True:
        page = await served.ListTools(pb.ListToolsRequest(page_token=token, **fields), None)  # type: ignore[arg-type]
        found.append([tool.name for tool in page.tools])
        token = page.next_page_token
        if not token:
            return found


async def test_pages_follow_each_other_without_a_gap(router: Router, two_tools_bytes: int) -> None:
    assert await pages(servicer(router, 2**20), page_size=3) == [["a", "b", "c"], ["d", "e"]]
    assert await pages(servicer(router, 2**20), page_size=5) == [NAMES]


async def test_a_page_ends_where_its_message_is_full(router: Router, two_tools_bytes: int) -> None:
    assert await pages(servicer(router, two_tools_bytes)) == [["a", "b"], ["c", "d"], ["e"]]


async def test_a_page_has_a_tool_however_large_it_is(router: Router, two_tools_bytes: int) -> None:
    assert await pages(servicer(router, 1)) == [[name] for name in NAMES]


async def test_tools_that_do_not_fit_into_a_snapshot_follow_it(router: Router, two_tools_bytes: int) -> None:
    watch = servicer(router, two_tools_bytes).WatchTools(pb.WatchToolsRequest(), None)  # type: ignore[arg-type]
    first = await anext(watch)
    assert [tool.name for tool in first.snapshot.tools] == ["a", "b"]
    assert [(await anext(watch)).upserted.name for _ in range(3)] == ["c", "d", "e"]


async def test_tools_that_are_listed_again_as_they_were_are_not_checked_again(
    router: Router, definition: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = await router.add("calc", definition("add"))
    checked: list[int] = []
    monkeypatch.setattr(register_tool_service, "check_definitions", lambda _, tools: checked.append(len(tools)))
    await router.register.refresh("calc")
    assert (service.listings, checked) == (2, [])
    service.definitions.append(definition("sub"))
    await router.register.refresh("calc")
    assert checked == [2]
