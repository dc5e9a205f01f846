"""A new version of a tool service takes over by registering its address under the old name: no call is lost."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from toolmesh_testing import serving
from toolmesh_toolkit import Progress, Result, ToolFunction, tool, tool_service

OpenRouter = Callable[..., AbstractAsyncContextManager[Any]]


class Gate:
    """Lets a tool tell that it runs, and be held."""

    def __init__(self) -> None:
        self.entered = asyncio.Event()
        self.opened = asyncio.Event()

    async def pass_through(self) -> None:
        self.entered.set()
        await self.opened.wait()


def versions(gate: Gate) -> tuple[list[ToolFunction[..., Any]], list[ToolFunction[..., Any]]]:
    """The old version's tools, which wait at the gate, and the new one's."""

    @tool(name="streaming", read_only=True)
    async def old_streaming() -> AsyncIterator[Progress | str | Result[str]]:
        """Give a piece, wait, end."""
        yield "piece"
        await gate.pass_through()
        yield Result("old")

    @tool(name="plain", read_only=True)
    async def old_plain() -> str:
        """Wait."""
        await gate.pass_through()
        return "old"

    @tool(name="streaming", read_only=True)
    async def new_streaming() -> str:
        """No longer streams."""
        return "new"

    @tool(name="plain", read_only=True)
    async def new_plain() -> AsyncIterator[Progress | Result[str]]:
        """Streams now."""
        yield Progress(0.5)
        yield Result("new")

    return [old_streaming, old_plain], [new_streaming, new_plain]


@pytest.mark.parametrize("name", ["streaming", "plain"])
async def test_a_call_under_way_ends_at_the_old_version(open_router: OpenRouter, name: str) -> None:
    gate = Gate()
    old, new = versions(gate)
    async with (
        open_router() as router,
        serving(tool_service(old)) as old_address,
        serving(tool_service(new)) as new_address,
    ):
        await router.register("versioned", old_address)
        begun = asyncio.create_task(router.result(name))
        await gate.entered.wait()
        await router.register("versioned", new_address)
        assert (await router.result(name)).tool_result.output_json == '"new"'
        gate.opened.set()
        assert (await begun).tool_result.output_json == '"old"'


async def test_a_call_that_waits_for_a_place_is_made_as_the_new_version_wants_it(open_router: OpenRouter) -> None:
    gate = Gate()
    old, new = versions(gate)
    async with (
        open_router(max_concurrency=1) as router,
        serving(tool_service(old)) as old_address,
        serving(tool_service(new)) as new_address,
    ):
        await router.register("versioned", old_address)
        begun = asyncio.create_task(router.result("plain"))
        await gate.entered.wait()
        waiting = asyncio.create_task(router.result("plain"))
        await asyncio.sleep(0.05)  # nothing tells that a call waits for its place
        await router.register("versioned", new_address)
        gate.opened.set()
        assert [(await call).tool_result.output_json for call in (begun, waiting)] == ['"old"', '"new"']
