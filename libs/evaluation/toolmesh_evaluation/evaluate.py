"""Runs the cases of a set, several at once, and judges them."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from toolmesh.controller.v1 import controller_service_pb2_grpc
from toolmesh.retriever.v1 import retriever_service_pb2_grpc
from toolmesh_core.channel import connect
from toolmesh_core.errors import InvalidInput
from toolmesh_evaluation.ask_controller import AskController, as_tool
from toolmesh_evaluation.case import Case, Observed, Scored
from toolmesh_evaluation.evaluation_set import EvaluationSet, Judge
from toolmesh_evaluation.services import ModelChoice, running_services

ASK_TIMEOUT_S = 300.0
Ask = Callable[[Case], Awaitable[Observed]]
OnDone = Callable[[Scored], None]


def drawn(cases: Sequence[Case], limit: int, seed: int) -> tuple[Case, ...]:
    """A random sample of `limit` cases in the set's order; 0 takes all. The same seed draws the same cases."""
    if limit < 0:
        raise InvalidInput(f"limit must be 0 (all) or more, got {limit}")
    if not limit or limit >= len(cases):
        return tuple(cases)
    places = sorted(random.Random(seed).sample(range(len(cases)), limit))
    return tuple(cases[place] for place in places)


async def evaluate(
    chosen: EvaluationSet,
    choice: ModelChoice,
    folder: Path,
    *,
    controller: str = "",
    parallel: int = 4,
    told: bool = False,
    on_ready: Callable[[], None] = lambda: None,
    on_done: OnDone = lambda _: None,
) -> list[Scored]:
    """Every case of the set, in its order, through the real controller.

    Args:
        folder: for the services' state and log.
        controller: a running one; empty starts one with its own inference.
        parallel: cases asked at once; times are those of a service under so much load.
        told: whether the controller is told that calls or that a text is due.
        on_ready: called when the services run.
        on_done: called after each case.
    """
    if not chosen.cases:
        raise InvalidInput(f"set {chosen.name!r} has no cases; look into its data folder")
    tools = [as_tool(tool) for tool in chosen.tools] if chosen.needs_retriever else []
    async with AsyncExitStack() as stack:
        addresses = await stack.enter_async_context(running_services(choice, tools, folder, controller=controller))
        channel = await stack.enter_async_context(connect(addresses.controller, default_timeout_s=ASK_TIMEOUT_S))
        retriever = None
        if addresses.retriever:
            searching = await stack.enter_async_context(connect(addresses.retriever))
            retriever = retriever_service_pb2_grpc.RetrieverServiceStub(searching)
        ask = AskController(
            controller_service_pb2_grpc.ControllerServiceStub(channel),
            retriever,
            chosen.tools,
            model=choice.model_id,
            adapter=choice.adapter_id,
            told=told,
        )
        # The first request loads the model; its time is nobody's.
        await ask(chosen.cases[0])
        on_ready()
        return await ask_all(chosen.cases, ask, chosen.judge, parallel=parallel, on_done=on_done)


async def ask_all(
    cases: Sequence[Case], ask: Ask, judge: Judge, *, parallel: int, on_done: OnDone = lambda _: None
) -> list[Scored]:
    """Asks `parallel` cases at a time; the first that raises ends all."""
    if parallel < 1:
        raise InvalidInput(f"parallel must be 1 or more, got {parallel}")
    places = asyncio.Semaphore(parallel)

    async def one(case: Case) -> Scored:
        async with places:
            observed = await ask(case)
        scores, fault = await asyncio.to_thread(judge, case, observed)
        scored = Scored(case, observed, scores, fault)
        on_done(scored)
        return scored

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(case)) for case in cases]
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from failures
    return [task.result() for task in tasks]
