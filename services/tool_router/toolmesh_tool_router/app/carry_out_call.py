"""Carries a checked call out: a place, the breaker, the tries and their limits, the result made short."""

import asyncio
import random
from collections.abc import Awaitable, Callable

from opentelemetry.trace import SpanKind

from toolmesh_core import genai_conventions
from toolmesh_core.call_context import remaining_s
from toolmesh_core.clock import Clock
from toolmesh_core.errors import DeadlineExceeded, ToolMeshError
from toolmesh_core.telemetry import span
from toolmesh_tool_router.app.admit_call import AdmitCall
from toolmesh_tool_router.app.call_tool_service import CallToolService
from toolmesh_tool_router.app.policy_in_force import PolicyInForce
from toolmesh_tool_router.app.ports import CallMeter
from toolmesh_tool_router.app.redact_outcome import redacted
from toolmesh_tool_router.app.running_call import RunningCall
from toolmesh_tool_router.app.shorten_result import ShortenResult
from toolmesh_tool_router.domain.call_events import Finished, ToolCall, ToolOutcome
from toolmesh_tool_router.domain.retry_policy import RetryPolicy, is_worth_retrying
from toolmesh_tool_router.domain.time_limits import AttemptLimit, TimeLimits
from toolmesh_tool_router.domain.tool_registry import RegisteredTool

Sleep = Callable[[float], Awaitable[None]]


class CarryOutCall:
    """Brings one call to its end.

    Args:
        jitter: 0 to 1, by chance.
        sleep: waits for so many seconds.
    """

    def __init__(
        self,
        attempt: CallToolService,
        admit: AdmitCall,
        shorten: ShortenResult,
        policy: PolicyInForce,
        meter: CallMeter,
        clock: Clock,
        retry: RetryPolicy,
        limits: TimeLimits,
        *,
        jitter: Callable[[], float] = random.random,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._attempt = attempt
        self._admit = admit
        self._shorten = shorten
        self._policy = policy
        self._meter = meter
        self._clock = clock
        self._retry = retry
        self._limits = limits
        self._jitter = jitter
        self._sleep = sleep

    async def __call__(self, call: ToolCall, tool: RegisteredTool, running: RunningCall) -> Finished:
        """How the call ended; progress and partial output go to `running`.

        Raises:
            ResourceExhausted: the tool's queue is full. Unavailable: its service is down, or its breaker is open.
            DeadlineExceeded: it took too long.
        """
        started = self._clock.monotonic()
        result = "CANCELLED"
        self._meter.began(call.tool)
        attributes = {
            genai_conventions.OPERATION_NAME: genai_conventions.EXECUTE_TOOL,
            genai_conventions.TOOL_NAME: call.tool,
            genai_conventions.TOOL_CALL_ID: call.tool_call_id,
        }
        try:
            with span(f"{genai_conventions.EXECUTE_TOOL} {call.tool}", attributes, kind=SpanKind.INTERNAL):
                finished = await self._finish(call, tool, running, started)
            result = "tool_failure" if finished.outcome.failure else "ok"
        except ToolMeshError as error:
            result = error.default_reason
            # Its service may have said it, in words that nobody chose with secrets in mind.
            error.message = self._policy.redaction.text(error.message)
            raise
        finally:
            self._meter.ended(call.tool, result, self._clock.monotonic() - started)
        return finished

    async def _finish(self, call: ToolCall, tool: RegisteredTool, running: RunningCall, started: float) -> Finished:
        left_s = self._limits.of_call(remaining_s())
        if left_s <= 0:
            raise DeadlineExceeded(f"no time left to call tool {call.tool!r}; allow the request more time")
        async with self._admit.place(call.tool, left_s):
            outcome, attempts = await self._outcome(call, tool, running, started + left_s)
        outcome, truncated = await self._shorten(call, await redacted(outcome, self._policy.redaction))
        return Finished(outcome, self._clock.monotonic() - started, attempts, truncated)

    async def _outcome(
        self, call: ToolCall, tool: RegisteredTool, running: RunningCall, ends_at: float
    ) -> tuple[ToolOutcome, int]:
        """The outcome of the last try, and how many there were."""
        attempt = 0
        while True:
            attempt += 1
            left_s = max(0.001, ends_at - self._clock.monotonic())
            limit = self._limits.of_attempt(tool.definition.timeout_s, left_s)
            end = await self._try_once(call, tool, running, limit)
            delay_s = self._delay_s(tool, running, attempt, ends_at) if is_worth_retrying(end) else None
            if delay_s is not None:
                await self._sleep(delay_s)
            elif isinstance(end, ToolOutcome):
                return end, attempt
            else:
                raise end

    def _delay_s(self, tool: RegisteredTool, running: RunningCall, attempt: int, ends_at: float) -> float | None:
        return self._retry.delay_s(
            idempotent=tool.definition.idempotent,
            streamed=running.streamed,
            attempt=attempt,
            remaining_s=ends_at - self._clock.monotonic(),
            jitter=self._jitter(),
        )

    async def _try_once(
        self, call: ToolCall, tool: RegisteredTool, running: RunningCall, limit: AttemptLimit
    ) -> ToolOutcome | ToolMeshError:
        try:
            return await self._attempt(call, tool, running, limit)
        except ToolMeshError as error:
            return error
