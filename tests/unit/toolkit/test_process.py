"""A process whose tools cannot work where it runs."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from toolmesh.tool.v1 import tool_service_pb2
from toolmesh_core.service import Service
from toolmesh_toolkit import ToolSettings, ToolsUnavailable, process, run_tools, tool


@tool
def greet(name: str) -> str:
    """Say hello to somebody."""
    return f"hello {name}"


@asynccontextmanager
async def without_what_it_needs(settings: ToolSettings) -> AsyncIterator[None]:
    raise ToolsUnavailable("frobnicate is not installed: install it")
    yield


@asynccontextmanager
async def with_all_it_needs(settings: ToolSettings) -> AsyncIterator[None]:
    yield


async def offered(monkeypatch: pytest.MonkeyPatch, state: Callable[..., Any]) -> list[str]:
    """The tools that a process with this state lists."""
    started: list[Any] = []
    monkeypatch.setattr(process, "run_service", lambda name, settings, bootstrap: started.append(bootstrap))
    run_tools("greeting", [greet], state=state)
    async with started[0](ToolSettings.model_construct()) as service:
        assert isinstance(service, Service)
        servicer = service.registrations[0][1]
        page = await servicer.ListTools(tool_service_pb2.ListToolsRequest(), None)
    return [listed.name for listed in page.tools]


async def test_tools_that_cannot_work_are_not_offered_and_one_line_says_why(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert await offered(monkeypatch, without_what_it_needs) == []
    assert caplog.messages == ["tool service 'greeting' offers no tool: frobnicate is not installed: install it"]


async def test_tools_that_can_work_are_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await offered(monkeypatch, with_all_it_needs) == ["greet"]
