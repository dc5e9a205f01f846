"""POST /v1/chat/completions: a run behind OpenAI's face, at once or in chunks."""

import logging
from contextlib import aclosing

from toolmesh.planner.v1 import run_pb2, run_service_pb2
from toolmesh_core.call_context import CallContext, enter_call
from toolmesh_core.errors import ToolMeshError, Unavailable
from toolmesh_gateway.api.http.body import read_json_body
from toolmesh_gateway.api.http.event_stream import EventStream, first_of
from toolmesh_gateway.api.http.exchange import Exchange
from toolmesh_gateway.api.http.problem import problem_of
from toolmesh_gateway.api.openai.chat_answer import ChatAnswer
from toolmesh_gateway.api.openai.chat_request import ChatRequest, read_chat_request
from toolmesh_gateway.api.transcoding.json_text import write_json
from toolmesh_gateway.app.chat_progress import ChatProgress
from toolmesh_gateway.app.follow_run import FollowRun
from toolmesh_gateway.app.limit_runs import LimitRuns
from toolmesh_gateway.app.ports import SingleCall
from toolmesh_gateway.app.run_failure import failure_of

logger = logging.getLogger(__name__)
_CANCEL_TIMEOUT_S = 5.0


class ChatFace:
    """Answers chat completions. A client that goes away takes its run with it."""

    def __init__(
        self,
        create: SingleCall,
        cancel: SingleCall,
        follow: FollowRun,
        limit_runs: LimitRuns,
        *,
        limit: int,
        keepalive_s: float,
    ) -> None:
        self._create = create
        self._cancel = cancel
        self._follow = follow
        self._limit_runs = limit_runs
        self._limit = limit
        self._keepalive_s = keepalive_s

    async def __call__(self, exchange: Exchange) -> None:
        """Answers."""
        request = read_chat_request(await read_json_body(exchange, self._limit))
        request.run.request_id = exchange.header(b"idempotency-key")
        if exchange.key is None:
            raise RuntimeError("runs need a key")
        async with self._limit_runs.place(exchange.key):
            run: run_pb2.Run = (await self._create(request.run)).run
            exchange.extra_headers.append((b"x-toolmesh-run", run.id.encode()))
            progress = ChatProgress()
            try:
                if request.stream:
                    await self._stream(exchange, request, run, progress)
                else:
                    await self._answer(exchange, request, run, progress)
            finally:
                if progress.run is None:
                    await self._give_up(run.id, exchange.user)

    async def _answer(self, exchange: Exchange, request: ChatRequest, run: run_pb2.Run, progress: ChatProgress) -> None:
        async with aclosing(self._follow(run.id)) as events:
            async for event in events:
                progress.take(event)
        ended = _ended(progress, run.id)
        await exchange.respond_json(ChatAnswer(request, run).whole(ended, progress))

    async def _stream(self, exchange: Exchange, request: ChatRequest, run: run_pb2.Run, progress: ChatProgress) -> None:
        answer = ChatAnswer(request, run)
        async with (
            aclosing(self._follow(run.id)) as events,
            first_of(events) as begun,
            EventStream(exchange, self._keepalive_s) as stream,
        ):
            await stream.send(write_json(answer.first_chunk()))
            try:
                async for event in begun:
                    text = progress.take(event)
                    if progress.run is not None:
                        _ended(progress, run.id)
                    for chunk in answer.chunks(event, text, progress):
                        await stream.send(write_json(chunk))
                _ended(progress, run.id)
            except ToolMeshError as error:
                await stream.send(write_json(problem_of(error, "planner").openai_error()))
            else:
                await stream.send(b"[DONE]")

    async def _give_up(self, run: str, user: str) -> None:
        """Cancels a run that nobody waits for any more; the request's own deadline may have passed."""
        enter_call(CallContext(user=user))
        try:
            await self._cancel(run_service_pb2.CancelRunRequest(run=run), timeout=_CANCEL_TIMEOUT_S)
        except ToolMeshError as error:
            logger.warning("a run that nobody waits for goes on", extra={"run": run, "reason": error.reason})


def _ended(progress: ChatProgress, run: str) -> run_pb2.Run:
    """The run, ended with something to tell. Raises ToolMeshError for one that failed: never an answer."""
    if progress.run is None:
        raise Unavailable(f"the events of run {run!r} stopped before its end", reason="EVENTS_STOPPED")
    if progress.finish_reason is None:
        raise failure_of(progress.run)
    return progress.run
