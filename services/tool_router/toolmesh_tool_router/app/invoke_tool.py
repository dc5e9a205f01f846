"""A call from its caller's side: checked, joined with the call of the same request id, then followed to its end."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import orjson

from toolmesh_core.clock import Clock
from toolmesh_core.errors import FailedPrecondition, InvalidInput, NotFound, PermissionDenied, ToolMeshError
from toolmesh_tool_router.app.carry_out_call import CarryOutCall
from toolmesh_tool_router.app.policy_in_force import PolicyInForce
from toolmesh_tool_router.app.ports import CallMeter
from toolmesh_tool_router.app.running_call import RunningCall
from toolmesh_tool_router.app.tool_directory import ToolDirectory
from toolmesh_tool_router.domain.call_events import CallEvent, Finished, ToolCall
from toolmesh_tool_router.domain.recent_calls import Key, RecentCalls
from toolmesh_tool_router.domain.tool_registry import RegisteredTool

# A tool that ends a call so has done nothing.
_REFUSALS = (InvalidInput, NotFound, PermissionDenied)


class InvokeTool:
    """Checks a call and follows it.

    Args:
        recent: calls by user and request id.
        max_arguments_bytes, max_partial_characters: bounds on what goes in and on what is streamed out.
    """

    def __init__(
        self,
        directory: ToolDirectory,
        carry_out: CarryOutCall,
        recent: RecentCalls[RunningCall],
        policy: PolicyInForce,
        meter: CallMeter,
        clock: Clock,
        *,
        max_arguments_bytes: int,
        max_partial_characters: int,
    ) -> None:
        self._directory = directory
        self._carry_out = carry_out
        self._recent = recent
        self._policy = policy
        self._meter = meter
        self._clock = clock
        self._max_arguments_bytes = max_arguments_bytes
        self._max_partial_characters = max_partial_characters

    def __call__(self, call: ToolCall) -> AsyncIterator[CallEvent]:
        """Progress and partial output, then one Finished.

        Raises:
            NotFound: no such tool. InvalidInput: bad arguments, or the request id of another call.
            PermissionDenied, ResourceExhausted: the policy's word. And what CarryOutCall raises.
        """
        try:
            return self._joined(call) if call.request_id else self._begin(call).follow()
        except ToolMeshError as error:
            self._meter.refused(error.reason)
            raise

    def _begin(self, call: ToolCall) -> RunningCall:
        tool = self._directory.find(call.tool)
        arguments = self._checked_arguments(tool, call.arguments_json)
        permit = self._policy.admit(call, tool, arguments)
        carry_out = partial(self._carry_out, permit.call, tool)
        running = RunningCall(carry_out, self._max_partial_characters, lambda text: self._policy.redaction.text(text))
        running.task.add_done_callback(lambda _: permit.places.leave())
        return running

    def _joined(self, call: ToolCall) -> AsyncIterator[CallEvent]:
        key = (call.user, call.request_id)
        fingerprint = hashlib.blake2b(f"{call.tool}\n{call.arguments_json}".encode(), digest_size=16).digest()
        running = self._recent.find(key, fingerprint, self._clock.monotonic())
        if running is None:
            running = self._begin(call)
            self._recent.add(key, fingerprint, running)
            running.task.add_done_callback(partial(self._remember, key, running, self._directory.find(call.tool)))
        elif running.failed:
            raise _outcome_unknown(call)
        return running.follow()

    def _remember(self, key: Key, running: RunningCall, tool: RegisteredTool, task: "asyncio.Task[Finished]") -> None:
        """Keeps how a call ended. One that failed may be made again, unless it may have taken effect."""
        if running.failed and _may_be_repeated(running, tool):
            self._recent.forget(key)
            return
        size = 0 if running.failed else len(task.result().outcome.output_json)
        self._recent.finish(key, self._clock.monotonic(), size)

    def _checked_arguments(self, tool: RegisteredTool, text: str) -> Any:
        name = tool.definition.name
        if len(text) > self._max_arguments_bytes:
            raise InvalidInput(
                f"tool {name!r}: the arguments have {len(text)} characters; at most {self._max_arguments_bytes} may be",
                field="arguments_json",
                reason="BAD_ARGUMENTS",
            )
        try:
            arguments = orjson.loads(text) if text else {}
        except orjson.JSONDecodeError as error:
            raise InvalidInput(
                f"tool {name!r}: the arguments are not JSON: {error}", field="arguments_json", reason="BAD_ARGUMENTS"
            ) from error
        if tool.schema.is_valid(arguments):
            return arguments
        errors = tool.schema.errors(arguments)
        raise InvalidInput(
            f"tool {name!r}: {'; '.join(line for _, line in errors)}",
            field=errors[0][0] or "arguments_json",
            reason="BAD_ARGUMENTS",
        )


def _may_be_repeated(running: RunningCall, tool: RegisteredTool) -> bool:
    if tool.definition.idempotent or not running.reached_tool:
        return True
    return not running.task.cancelled() and isinstance(running.task.exception(), _REFUSALS)


def _outcome_unknown(call: ToolCall) -> FailedPrecondition:
    return FailedPrecondition(
        f"the call with request_id {call.request_id!r} was cut off after it had reached tool {call.tool!r}, so nobody "
        "knows whether it took effect; find out, and take a new request_id to call it again",
        reason="OUTCOME_UNKNOWN",
    )
