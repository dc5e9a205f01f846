"""A tool service as a process: settings, state, the servicer, the gRPC server."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any, NoReturn, TypeVar

from pydantic import Field

from toolmesh.tool.v1.tool_service_pb2_grpc import add_ToolServiceServicer_to_server
from toolmesh_core.health import TOOLS_VERSION_KEY
from toolmesh_core.service import Service, run_service
from toolmesh_core.settings import ServiceSettings, service_config
from toolmesh_toolkit.servicer import ToolServicer
from toolmesh_toolkit.tool_function import ToolFunction

logger = logging.getLogger(__name__)
Tools = Sequence[ToolFunction[..., Any]]


class ToolSettings(ServiceSettings):
    """What every tool service can be told."""

    default_timeout_s: float = Field(30.0, gt=0, description="Seconds for one call of a tool that declares no limit.")
    max_threads: int = Field(8, gt=0, description="Synchronous tools that run at a time; the others wait their turn.")
    max_output_bytes: int = Field(
        2 * 2**20, gt=0, le=3 * 2**20, description="Most bytes one call may give; gRPC carries 4 MiB a message."
    )


class ToolsUnavailable(Exception):
    """Raised by `state`: the tools cannot work on this machine; the message says what is missing and what to do."""


S = TypeVar("S", bound=ToolSettings)


def tool_service(tools: Tools, *, state: Any = None, settings: ToolSettings | None = None) -> Service:
    """The gRPC service of some tools.

    Args:
        state: what tools find in their context.
        settings: the bounds; the defaults where there are none.
    """
    return service_of(tool_servicer(tools, state=state, settings=settings))


def tool_servicer(tools: Tools, *, state: Any = None, settings: ToolSettings | None = None) -> ToolServicer:
    """The servicer of some tools; arguments as for tool_service."""
    # Not from the environment: only a process reads its settings there.
    bounds = settings or ToolSettings.model_construct()
    return ToolServicer(
        tools,
        state=state,
        default_timeout_s=bounds.default_timeout_s,
        max_threads=bounds.max_threads,
        max_output_bytes=bounds.max_output_bytes,
    )


def service_of(servicer: ToolServicer, *, ready: Callable[[], Awaitable[bool]] | None = None) -> Service:
    """The gRPC service of a servicer; with each answer about health it tells the version of its tools.

    Args:
        ready: whether the tools can be called now; always where it is left out.
    """
    return Service(
        registrations=[(add_ToolServiceServicer_to_server, servicer)],
        ready=ready,
        health_facts=lambda: ((TOOLS_VERSION_KEY, servicer.tools_version),),
    )


def run_tools(
    name: str,
    tools: Tools,
    settings_class: type[S] | None = None,
    *,
    state: Callable[[S], AbstractAsyncContextManager[Any]] | None = None,
    offered: Callable[[Any], Tools] | None = None,
) -> NoReturn:
    """Serves tools as this process until SIGTERM.

    Args:
        name: of the tool service, as its folder; its settings are read from TOOLMESH_TOOL_<NAME>_*.
        settings_class: for more settings than ToolSettings has.
        state: opens what the tools share; they find it in their context, or the settings where there is none.
            Where it raises ToolsUnavailable the process says so in one line and offers no tool.
        offered: which of the tools are offered with what `state` opened; all where left out.
    """
    chosen: Any = settings_class or _settings_of(name)

    @asynccontextmanager
    async def bootstrap(settings: S) -> AsyncIterator[Service]:
        if state is None:
            yield tool_service(tools, state=settings, settings=settings)
            return
        async with AsyncExitStack() as stack:
            try:
                opened = await stack.enter_async_context(state(settings))
            except ToolsUnavailable as error:
                logger.warning(f"tool service {name!r} offers no tool: {error}")
                yield tool_service([], settings=settings)
            else:
                yield tool_service(offered(opened) if offered else tools, state=opened, settings=settings)

    run_service(f"tool_{name}", chosen, bootstrap)


def _settings_of(name: str) -> type[ToolSettings]:
    return type(
        "Settings", (ToolSettings,), {"model_config": service_config(f"TOOL_{name.upper()}"), "__module__": __name__}
    )
