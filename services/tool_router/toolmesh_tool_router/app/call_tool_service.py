"""One try of a call: past the breaker to the tool's service, its events passed on, its failures given their names."""

from toolmesh_core.clock import Clock
from toolmesh_core.errors import (
    Cancelled,
    DeadlineExceeded,
    Internal,
    NotFound,
    ToolMeshError,
    Unavailable,
)
from toolmesh_tool_router.app.ports import ToolServiceClient
from toolmesh_tool_router.app.running_call import RunningCall
from toolmesh_tool_router.app.tool_directory import Link, ToolDirectory
from toolmesh_tool_router.domain.call_events import ToolCall, ToolOutcome
from toolmesh_tool_router.domain.circuit_breaker import BreakerState
from toolmesh_tool_router.domain.time_limits import AttemptLimit
from toolmesh_tool_router.domain.tool_registry import EndpointState, RegisteredTool


class CallToolService:
    """Tries a call once and tells the breaker how it went."""

    def __init__(self, directory: ToolDirectory, clock: Clock) -> None:
        self._directory = directory
        self._clock = clock

    async def __call__(
        self, call: ToolCall, tool: RegisteredTool, running: RunningCall, limit: AttemptLimit
    ) -> ToolOutcome:
        """What the tool gave.

        Raises:
            Unavailable: its service is down, went away during the call, or its breaker is open.
            DeadlineExceeded: it took longer than the limit. And what the service itself refuses the call with.
        """
        # A new version may have taken over while the call waited, and may stream where the old one did not.
        definition = self._directory.find(call.tool).definition
        link = self._admitted(call.tool, tool.service)
        running.reached_tool = True
        told = False
        try:
            if definition.result_only:
                outcome = await link.client.invoke_for_result(call, limit.seconds)
            else:
                outcome = await _follow(link.client, call, running, limit.seconds)
            link.breaker.succeeded()
            told = True
        except (Unavailable, DeadlineExceeded, Cancelled, Internal) as error:
            if limit.is_tools_own or not isinstance(error, DeadlineExceeded):
                link.breaker.failed(self._clock.monotonic())
                told = True
                self._look_after(tool.service, link)
            raise _named(error, call.tool, tool.service, limit.seconds) from error
        except ToolMeshError as error:
            link.breaker.succeeded()
            told = True
            if isinstance(error, NotFound):
                self._directory.suspect(tool.service)
            raise
        finally:
            if not told:
                link.breaker.abandoned()
        return outcome

    def _admitted(self, tool: str, service_name: str) -> Link:
        """The way to the service, if it may be used now."""
        service = self._directory.registry.services.get(service_name)
        if service is None:
            raise NotFound(f"tool {tool!r} is gone: its service {service_name!r} was removed", reason="UNKNOWN_TOOL")
        if service.state is EndpointState.UNREACHABLE:
            raise Unavailable(
                f"tool {tool!r} cannot be called: its service {service_name!r} is down ({service.detail}); try later",
                reason="TOOL_SERVICE_DOWN",
            )
        link = self._directory.link(service_name)
        now = self._clock.monotonic()
        if not link.breaker.admit(now):
            raise Unavailable(
                f"tool {tool!r} cannot be called: its service {service_name!r} failed too often; "
                f"try again in {link.breaker.retry_after_s(now):.1f} s",
                reason="BREAKER_OPEN",
            )
        return link

    def _look_after(self, service: str, link: Link) -> None:
        """A service that failed is looked at now, and left out at once where its breaker has opened."""
        self._directory.suspect(service)
        if link.breaker.state(self._clock.monotonic()) is BreakerState.OPEN:
            self._directory.follow_breaker(service)


async def _follow(client: ToolServiceClient, call: ToolCall, running: RunningCall, limit_s: float) -> ToolOutcome:
    outcome: ToolOutcome | None = None
    try:
        async with client.invoke(call, limit_s) as events:
            async for event in events:
                if isinstance(event, ToolOutcome):
                    outcome = event
                else:
                    running.emit(event)
    except (Unavailable, DeadlineExceeded, Cancelled, Internal):
        # The result is the end of a call, whatever happens to the stream after it.
        if outcome is None:
            raise
    if outcome is None:
        raise Unavailable("it ended the call without a result", reason="NO_RESULT")
    return outcome


def _named(error: ToolMeshError, tool: str, service: str, limit_s: float) -> ToolMeshError:
    if isinstance(error, DeadlineExceeded):
        return DeadlineExceeded(
            f"tool {tool!r} gave no result within {limit_s:.3g} s and was stopped", reason="TOOL_TIMEOUT"
        )
    return Unavailable(
        f"tool {tool!r} gave no result: its service {service!r} failed or went away ({error.message}); try again",
        reason="TOOL_SERVICE_FAILED",
    )
