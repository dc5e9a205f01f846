"""Cancels a run at any point."""

import asyncio

from toolmesh.planner.v1.run_pb2 import Run
from toolmesh_core.errors import Unavailable
from toolmesh_planner.app.live_run import Stop
from toolmesh_planner.app.live_runs import LiveRuns
from toolmesh_planner.app.read_runs import ReadRuns


class CancelRun:
    """Stops what the run does and ends it."""

    def __init__(self, runs: LiveRuns, read: ReadRuns) -> None:
        self._runs = runs
        self._read = read

    async def __call__(self, user: str, run: str) -> Run:
        """The run, once its end is on disk; one that has ended stays as it is. NotFound."""
        live = self._runs.find(run, user)
        if live is None or live.task is None:
            return await self._read.get(user, run)
        if live.stop is None and not live.closing:
            live.stop_for(Stop.CANCEL)
        sealed = asyncio.ensure_future(live.sealed.wait())
        await asyncio.wait({sealed, live.task}, return_when=asyncio.FIRST_COMPLETED)
        sealed.cancel()
        if live.state.final is None and live.sealed.is_set() and live.ending is not None:
            return live.ending
        view = await live.view()
        if live.state.final is None:
            raise Unavailable("the planner is restarting; cancel the run again", reason="PLANNER_RESTARTING")
        return view
