"""Ends a run: closes what is open, tells its session, then writes the end. In this order, so that a crash in
between is made good at the next start and the session gets the run's messages exactly once."""

import logging
from dataclasses import dataclass

from toolmesh.planner.v1.run_event_pb2 import RunEnded, RunEvent
from toolmesh.planner.v1.run_pb2 import EndReason, Run, RunError
from toolmesh_core.errors import ToolMeshError
from toolmesh_planner.app.live_run import LiveRun
from toolmesh_planner.app.patience import Patience
from toolmesh_planner.app.ports import Memory
from toolmesh_planner.app.run_metrics import count_end
from toolmesh_planner.domain.closing import closing_events, session_messages
from toolmesh_planner.domain.next_action import End
from toolmesh_planner.domain.run_view import as_failed, ended_run_of

logger = logging.getLogger(__name__)


def run_error_of(error: ToolMeshError) -> RunError:
    """A failure of the platform as a run's user is told of it."""
    return RunError(code=error.code.name, reason=error.reason, message=error.message)


@dataclass(frozen=True)
class EndRun:
    """Carries out End."""

    memory: Memory
    patience: Patience

    async def __call__(self, run: LiveRun, end: End) -> None:
        """Ends a run for a reason. Raises JournalFailed."""
        run.append(*closing_events(run.state, end))
        ended = ended_run_of(run.state, end, run.now())
        run.ending = ended
        if run.header.request.session:
            run.append(ending=ended)
        await self.finish(run, ended)

    async def finish(self, run: LiveRun, ended: Run) -> None:
        """The rest, once it is settled how the run ends; also of a run that was ending when the planner stopped."""
        if run.header.request.session:
            await run.durable()
            run.sealed.set()
            ended = await self._tell_session(run, ended)
        run.append(RunEvent(run_ended=RunEnded(run=ended)))
        await run.durable()
        run.sealed.set()
        count_end(ended)
        logger.info(
            "run ended",
            extra={"run": ended.id, "reason": EndReason.Name(ended.end_reason), "steps": ended.step_count},
        )

    async def _tell_session(self, run: LiveRun, ended: Run) -> Run:
        header = run.header
        messages = session_messages(run.state, ended)
        try:
            await self.patience.repeat(
                lambda: self.memory.append(header.user, header.request.session, header.run, messages)
            )
        except ToolMeshError as error:
            told = run_error_of(error)
            told.message = f"session '{header.request.session}' could not be told of this run: {error.message}"
            logger.warning("session not told", extra={"run": header.run, "error": told.message})
            return as_failed(ended, told)
        return ended
