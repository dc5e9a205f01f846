"""Carries out one action of a run after the other until it ends, within its time and until it is stopped."""

import asyncio
import logging
from dataclasses import dataclass

from toolmesh.planner.v1 import run_pb2
from toolmesh.planner.v1.run_pb2 import RunError
from toolmesh_core.clock import Clock
from toolmesh_core.errors import ToolMeshError
from toolmesh_planner.app.call_tools import CallTools
from toolmesh_planner.app.decide_step import DecideStep
from toolmesh_planner.app.end_run import EndRun, run_error_of
from toolmesh_planner.app.find_candidates import FindCandidates
from toolmesh_planner.app.live_run import JournalFailed, LiveRun, Stop
from toolmesh_planner.domain import next_action as actions
from toolmesh_planner.domain.approvals import approval_events
from toolmesh_planner.domain.next_action import End, next_action
from toolmesh_planner.domain.run_state import CallState

logger = logging.getLogger(__name__)


class _TimeIsUp(Exception):
    """The run's time limit is reached."""


@dataclass(frozen=True)
class DriveRun:
    """Drives a run. Returns when it has ended, or when it is left in the journal for the next start.

    Attributes:
        approval_wait_s: the longest a call waits for a person; then it counts as refused.
    """

    find_candidates: FindCandidates
    decide: DecideStep
    call_tools: CallTools
    end_run: EndRun
    clock: Clock
    approval_wait_s: float

    async def __call__(self, run: LiveRun) -> None:
        """Drives a run to its end. Raises JournalFailed."""
        if run.ending is not None:
            run.closing = True
            await self.end_run.finish(run, run.ending)
            return
        end = await self._until_end(run)
        if end is None:
            return
        run.closing = True
        await self.end_run(run, end)

    async def _until_end(self, run: LiveRun) -> End | None:
        """How the run ends; None where the planner stops first."""
        try:
            while run.stop is None:
                action = next_action(run.state)
                if isinstance(action, End):
                    return action
                await self._carry_out(run, action)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if run.stop is None or task is None:
                raise
            task.uncancel()
        except _TimeIsUp:
            return End(run_pb2.END_REASON_TIME_LIMIT)
        except ToolMeshError as error:
            return End(run_pb2.END_REASON_PLATFORM_FAILURE, run_error_of(error))
        except JournalFailed:
            raise
        except Exception as error:
            # The edge of a run: a defect of ours must end it, not leave it hanging.
            logger.exception("defect in a run", extra={"run": run.header.run})
            told = RunError(code="INTERNAL", reason="DEFECT", message=f"{type(error).__name__}; see the planner's log")
            return End(run_pb2.END_REASON_PLATFORM_FAILURE, told)
        return End(run_pb2.END_REASON_CANCELLED) if run.stop is Stop.CANCEL else None

    async def _carry_out(self, run: LiveRun, action: actions.Action) -> None:
        if isinstance(action, actions.WaitForApproval):
            await self._wait_for_approval(run)
            return
        remaining = run.remaining_s
        if remaining <= 0:
            raise _TimeIsUp
        limit = asyncio.timeout(remaining)
        try:
            async with limit:
                match action:
                    case actions.Retrieve():
                        await self.find_candidates.search(run)
                    case actions.Decide():
                        await self.decide(run)
                    case actions.CallTools(calls):
                        await self._call(run, calls)
        except TimeoutError:
            if limit.expired():
                raise _TimeIsUp from None
            raise

    async def _call(self, run: LiveRun, calls: tuple[CallState, ...]) -> None:
        run.calling = True
        try:
            await self.call_tools(run, calls)
        finally:
            run.calling = False

    async def _wait_for_approval(self, run: LiveRun) -> None:
        run.approvals_changed.clear()
        waited = self.clock.now().timestamp() - run.state.waits_since_s
        try:
            async with asyncio.timeout(max(0.0, self.approval_wait_s - waited)):
                await run.durable()
                await run.approvals_changed.wait()
        except TimeoutError:
            comment = f"nobody decided within {self.approval_wait_s:g} seconds"
            for call in run.state.pending_approvals:
                run.append(*approval_events(call, approved=False, comment=comment))
