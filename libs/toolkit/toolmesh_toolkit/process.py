"""A tool service as a process: settings, state, the servicer, the gRPC server."""

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any, NoReturn, TypeVar

from pydantic import Field

from toolmesh.tool.v1.tool_service_pb2_grpc import add_ToolServiceServicer_to_server
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
    # Not from the environment: only a process reads its settings there.
    bounds = settings or ToolSettings.model_construct()
    servicer = ToolServicer(
        tools,
        state=state,
        default_timeout_s=bounds.default_timeout_s,
        max_threads=bounds.max_threads,
        max_output_bytes=bounds.max_output_bytes,
    )
    return Service(registrations=[(add_ToolServiceServicer_to_server, servicer)])


def run_tools(
    name: str,
    tools: Tools,
    settings_class: type[S] | None = None,
    *,
    state: Callable[[S], AbstractAsyncContextManager[Any]] | None = None,
) -> NoReturn:
    """Serves tools as this process until SIGTERM.

    Args:
        name: of the tool service, as its folder; its settings are read from TOOLMESH_TOOL_<NAME>_*.
        settings_class: for more settings than ToolSettings has.
        state: opens what the tools share; they find it in their context, or the settings where there is none.
            Where it raises ToolsUnavailable the process says so in one line and offers no tool.
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
                yield tool_service(tools, state=opened, settings=settings)

    run_service(f"tool_{name}", chosen, bootstrap)


def _settings_of(name: str) -> type[ToolSettings]:
    return type(
        "Settings", (ToolSettings,), {"model_config": service_config(f"TOOL_{name.upper()}"), "__module__": __name__}
    )
