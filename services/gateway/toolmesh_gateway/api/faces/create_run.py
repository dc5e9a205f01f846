"""POST /v1/runs: starts a run and answers at once, or, where asked to wait, when it has ended."""

import asyncio
import re

from toolmesh.planner.v1 import run_pb2, run_service_pb2
from toolmesh_core.call_context import remaining_s
from toolmesh_gateway.api.faces.flags import flag_of
from toolmesh_gateway.api.faces.request_filler import RequestFiller
from toolmesh_gateway.api.http.exchange import Exchange
from toolmesh_gateway.api.http.problem import Headers, invalid_fields
from toolmesh_gateway.api.transcoding.reading import FieldError
from toolmesh_gateway.api.transcoding.writing import writer_of
from toolmesh_gateway.app.follow_run import FollowRun, end_of_run
from toolmesh_gateway.app.limit_runs import LimitRuns
from toolmesh_gateway.app.ports import SingleCall

# RFC 7240, section 4.3.
_PREFER_WAIT = re.compile(r"(?:^|[,;]\s*)wait\s*=\s*(\d{1,6})(?:\s*[,;]|\s*$)")
# Left over at the end of the wait, to ask how the run is now.
_RESERVE_S = 5.0


class CreateRunFace:
    """Starts runs."""

    def __init__(
        self,
        filler: RequestFiller,
        create: SingleCall,
        get: SingleCall,
        follow: FollowRun,
        limit_runs: LimitRuns,
    ) -> None:
        self._filler = filler
        self._create = create
        self._get = get
        self._follow = follow
        self._limit_runs = limit_runs
        self._write = writer_of(run_pb2.Run.DESCRIPTOR)

    async def __call__(self, exchange: Exchange) -> None:
        """Answers."""
        request = await self._filler.fill(exchange)
        if not request.input and not request.messages:
            raise invalid_fields([FieldError("input", "is missing; give the request in plain language, or messages")])
        wait_s, headers = _wait_of(exchange)
        if exchange.key is None:
            raise RuntimeError("runs need a key")
        async with self._limit_runs.place(exchange.key) as place:
            run = (await self._create(request)).run
            place.hold(run.id)
        if wait_s is not None:
            run = await self._wait(run, wait_s)
            if run.HasField("end_time"):
                place.release(run.id)
        headers += [(b"location", f"/v1/runs/{run.id}".encode()), (b"x-toolmesh-run", run.id.encode())]
        await exchange.respond_json(self._write(run), headers=headers)

    async def _wait(self, run: run_pb2.Run, wait_s: float) -> run_pb2.Run:
        """The run as it ended, or as it is when the time is up."""
        try:
            async with asyncio.timeout(wait_s):
                return await end_of_run(self._follow(run.id), run.id)
        except TimeoutError:
            response = await self._get(run_service_pb2.GetRunRequest(run=run.id))
            now: run_pb2.Run = response.run
            return now


def _wait_of(exchange: Exchange) -> tuple[float | None, Headers]:
    """Seconds to wait for the end, or None; and the headers that say so."""
    longest_s = (remaining_s() or _RESERVE_S * 2) - _RESERVE_S
    preferred = _PREFER_WAIT.search(exchange.header(b"prefer"))
    if preferred:
        seconds = int(preferred[1])
        return min(float(seconds), longest_s), [(b"preference-applied", f"wait={seconds}".encode())]
    return (longest_s if flag_of(exchange, "wait") else None), []
