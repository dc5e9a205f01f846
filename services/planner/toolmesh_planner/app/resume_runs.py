"""Takes up the runs that the journal holds without an end."""

import logging
from dataclasses import dataclass

from toolmesh.planner.v1.run_event_pb2 import RunEvent, RunResumed
from toolmesh_core.clock import Clock
from toolmesh_core.errors import ToolMeshError
from toolmesh_planner.app.live_run import LiveRun
from toolmesh_planner.app.live_runs import LiveRuns
from toolmesh_planner.app.ports import Journal, Sleep
from toolmesh_planner.app.run_metrics import count_resumed

logger = logging.getLogger(__name__)
_RETRY_S = 5.0


@dataclass(frozen=True)
class ResumeRuns:
    """Rebuilds runs from their events."""

    journal: Journal
    runs: LiveRuns
    clock: Clock
    sleep: Sleep

    async def all(self) -> None:
        """Every unfinished run, at the start of the planner."""
        for run in await self.journal.unfinished():
            await self._resume(run)

    async def follow(self) -> None:
        """Takes up, for as long as the planner runs, those that the journal could not be written for."""
        while True:
            await self.sleep(_RETRY_S)
            for run in sorted(self.runs.left_behind):
                await self._resume(run)

    async def _resume(self, run_id: str) -> None:
        try:
            stored = await self.journal.read(run_id)
            if stored is None or stored.final is not None or run_id in self.runs:
                self.runs.left_behind.discard(run_id)
                return
            run = LiveRun(stored.header, stored.events, self.journal, self.clock)
        except ToolMeshError as error:
            # One damaged run must not keep the others from going on.
            logger.error("run cannot be resumed", extra={"run": run_id, "error": error.message})
            self.runs.left_behind.discard(run_id)
            if error.retryable:
                self.runs.left_behind.add(run_id)
            return
        self.runs.left_behind.discard(run_id)
        run.ending = stored.ending
        if run.ending is None:
            under_way = [call.call.id for call in run.state.callable_calls if call.started and call.idempotent]
            run.append(RunEvent(run_resumed=RunResumed(repeated_tool_call_ids=under_way)))
        self.runs.start(run)
        count_resumed()
        logger.info("run resumed", extra={"run": run_id, "last_sequence": run.state.last_sequence})
