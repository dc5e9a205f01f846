"""Makes the calls of a step at once; each result is recorded as it comes."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from toolmesh.planner.v1.run_event_pb2 import ApprovalRequested, RunEvent, ToolCallFinished, ToolProgress
from toolmesh.tool.v1.tool_pb2 import CallContext
from toolmesh_core.clock import Clock
from toolmesh_core.errors import ToolMeshError, Unavailable
from toolmesh_planner.app.find_candidates import FindCandidates
from toolmesh_planner.app.live_run import LiveRun
from toolmesh_planner.app.patience import Patience
from toolmesh_planner.app.ports import ApprovalRequired, Invocation, Permission, RouterLost, ToolRouter
from toolmesh_planner.app.run_metrics import observe_call
from toolmesh_planner.domain.call_plan import start_event
from toolmesh_planner.domain.observations import failure_of
from toolmesh_planner.domain.run_state import Approval, CallState
from toolmesh_planner.domain.times import duration_of


@dataclass(frozen=True)
class CallTools:
    """Carries out the calls of a step.

    Attributes:
        timeout_s: the longest one call may take; a tool's own limit, held by the router, is usually shorter.
    """

    router: ToolRouter
    candidates: FindCandidates
    patience: Patience
    clock: Clock
    timeout_s: float

    async def __call__(self, run: LiveRun, calls: Sequence[CallState]) -> None:
        """All calls, each with a result in the end; then raises the first failure of the platform, if any."""
        approved = [call for call in calls if not call.started]
        if approved:
            candidates = await self.candidates.of(run)
            tools = {name: candidate.tool for name, candidate in candidates.items()}
            run.append(*(start_event(call.call, tools.get(call.call.tool)) for call in approved))
        if not _can_be_forgotten(run, calls):
            # On disk before it is sent: after a crash it must be known that the call may have been made.
            await run.durable()
        open_calls = [call for call in calls if call.result is None]
        if len(open_calls) == 1:
            failures = [await self._call(run, open_calls[0])]
        else:
            failures = await asyncio.gather(*(self._call(run, call) for call in open_calls))
        for failure in failures:
            if failure is not None:
                raise failure

    async def _call(self, run: LiveRun, call: CallState) -> ToolMeshError | None:
        began = self.clock.monotonic()
        attempts = 1
        try:
            invocation = await self._invoke(run, call)
            result, attempts = invocation.result, invocation.attempts
        except ApprovalRequired as held:
            run.append(RunEvent(approval_requested=ApprovalRequested(call=call.call, reason=held.message)))
            return None
        except RouterLost as lost:
            return lost if call.idempotent or not lost.sent else _unknown_outcome(call)
        except ToolMeshError as error:
            # The router's word about this call: the LLM can mend it or do without.
            result = failure_of(error)
        seconds = self.clock.monotonic() - began
        observe_call(seconds, result.WhichOneof("outcome") or "")
        finished = ToolCallFinished(
            tool_call_id=call.call.id,
            tool=call.call.tool,
            result=result,
            call_duration=duration_of(seconds),
            attempts=attempts,
        )
        run.append(RunEvent(tool_call_finished=finished))
        return None

    async def _invoke(self, run: LiveRun, call: CallState) -> Invocation:
        header = run.header
        run.untrusted.read(run.state.messages)
        context = CallContext(
            user=header.user,
            session=header.request.session,
            run=header.run,
            tool_call_id=call.call.id,
            untrusted_arguments=run.untrusted.arguments_from_it(call.call.arguments_json),
        )
        permission = Permission(header.key, approved=call.approval is Approval.APPROVED)

        def tell(fraction: float, message: str, partial_output: str) -> None:
            progress = ToolProgress(
                tool_call_id=call.call.id, fraction=fraction, message=message, partial_output=partial_output
            )
            run.feed.publish_live(RunEvent(step=run.state.step_count, tool_progress=progress))

        candidate = (run.candidates or {}).get(call.call.tool)
        on_progress = None if candidate is not None and candidate.tool.result_only else tell

        async def invoke() -> Invocation:
            timeout_s = min(self.timeout_s, run.remaining_s)
            return await self.router.invoke(call.call, context, permission, timeout_s, on_progress)

        def is_safe(error: ToolMeshError) -> bool:
            return isinstance(error, RouterLost) and (call.idempotent or not error.sent)

        return await self.patience.repeat(invoke, is_safe)


def _can_be_forgotten(run: LiveRun, calls: Sequence[CallState]) -> bool:
    found = [(run.candidates or {}).get(call.call.tool) for call in calls]
    return all(candidate is not None and candidate.tool.read_only and candidate.tool.idempotent for candidate in found)


def _unknown_outcome(call: CallState) -> Unavailable:
    return Unavailable(
        f"the tool router went away while '{call.call.tool}' was being called, and such a call must not be repeated; "
        "nobody knows whether it took effect: check that before you ask again",
        reason="OUTCOME_UNKNOWN",
    )
