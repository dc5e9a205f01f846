"""How many runs a key may have under way. Nothing is asked of the planner until a key reaches its limit."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from toolmesh.planner.v1 import run_pb2, run_service_pb2
from toolmesh_core.errors import NotFound, ResourceExhausted, ToolMeshError
from toolmesh_gateway.app.ports import SingleCall
from toolmesh_gateway.domain.api_key import ApiKey

_ENDED = (run_pb2.RUN_STATE_SUCCEEDED, run_pb2.RUN_STATE_FAILED, run_pb2.RUN_STATE_CANCELLED)


@dataclass(slots=True)
class _Taken:
    """What one key holds: runs that were started, and places for runs that are being started."""

    runs: set[str] = field(default_factory=set)
    starting: int = 0

    def __len__(self) -> int:
        return len(self.runs) + self.starting


class RunPlace:
    """A place for one run; `hold` keeps it for a started run beyond the block it was taken in."""

    def __init__(self, taken: _Taken) -> None:
        self._taken = taken

    def hold(self, run: str) -> None:
        """The run keeps the place until it is known to have ended."""
        self._taken.runs.add(run)

    def release(self, run: str) -> None:
        """The run has ended."""
        self._taken.runs.discard(run)


class LimitRuns:
    """Places for runs, by key; in memory, so a restart forgets them."""

    def __init__(self, get_run: SingleCall) -> None:
        self._get_run = get_run
        self._taken: dict[str, _Taken] = {}

    @asynccontextmanager
    async def place(self, key: ApiKey) -> AsyncIterator[RunPlace]:
        """A place for one run while the block lasts.

        Raises:
            ResourceExhausted: the key's runs fill its limit and none of them has ended.
        """
        taken = self._taken.setdefault(key.name, _Taken())
        if len(taken) >= key.limits.max_runs:
            await self._forget_ended(taken)
        if len(taken) >= key.limits.max_runs:
            raise ResourceExhausted(
                f"the key {key.name!r} has {len(taken)} runs under way, its limit; wait for one to end or cancel one",
                reason="TOO_MANY_RUNS",
                retry_after_s=1.0,
            )
        taken.starting += 1
        try:
            yield RunPlace(taken)
        finally:
            taken.starting -= 1

    async def _forget_ended(self, taken: _Taken) -> None:
        runs = list(taken.runs)
        ended = await asyncio.gather(*(self._has_ended(run) for run in runs))
        taken.runs.difference_update(run for run, is_over in zip(runs, ended, strict=True) if is_over)

    async def _has_ended(self, run: str) -> bool:
        try:
            response = await self._get_run(run_service_pb2.GetRunRequest(run=run))
        except NotFound:
            return True
        except ToolMeshError:
            # Nobody can say; then the place stays taken.
            return False
        return response.run.state in _ENDED
