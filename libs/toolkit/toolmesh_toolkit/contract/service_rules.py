"""How the process of the tools behaves: health, deadlines, callers that go away, many at once, the end."""

import asyncio
import contextlib
import time

from grpc_health.v1 import health_pb2, health_pb2_grpc

from toolmesh.tool.v1 import tool_service_pb2
from toolmesh_core.channel import connect
from toolmesh_core.errors import DeadlineExceeded
from toolmesh_toolkit.contract.rule import Problem, rule
from toolmesh_toolkit.contract.served_tools import ServedTools, Tool, limit_s

_SHORT_S = 0.05
_PROMPT_S = 2.0
_AT_ONCE = 4
_BY_TOOLKIT = "serve the function by the toolkit"
_NO_BLOCKING = "in `async def` await, and put what blocks into a plain `def`; look at context.cancelled in a long loop"


@rule("health says SERVING", _BY_TOOLKIT)
async def health_is_serving(served: ServedTools) -> list[Problem]:
    """For the process and for the tool service (grpc.health.v1)."""
    found = []
    async with connect(served.address, default_timeout_s=_PROMPT_S) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        for service in ("", "toolmesh.tool.v1.ToolService"):
            answer = await stub.Check(health_pb2.HealthCheckRequest(service=service))
            if answer.status != health_pb2.HealthCheckResponse.SERVING:
                state = health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)
                found.append(Problem("", f"the health of {service or 'the process'} is {state}"))
    return found


@rule("a caller's deadline is obeyed", _NO_BLOCKING)
async def deadlines_are_obeyed(served: ServedTools) -> list[Problem]:
    """A call with a deadline of 50 ms ends within 2 s; then the service is free for the next one."""
    found = []
    for tool in served.callable_tools():
        began = time.monotonic()
        with contextlib.suppress(DeadlineExceeded):
            await served.call(tool.name, dict(tool.examples[0].arguments), _SHORT_S)
        if time.monotonic() - began > _PROMPT_S:
            found.append(Problem(tool.name, f"a call with 50 ms took {time.monotonic() - began:.1f} s"))
        elif not await _answers(served):
            found.append(Problem(tool.name, f"{_PROMPT_S:g} s after a call with 50 ms the service did not answer"))
    return found


async def _answers(served: ServedTools) -> bool:
    """What blocks the event loop keeps the list from being answered, too."""
    try:
        await served.stub.ListTools(tool_service_pb2.ListToolsRequest(page_size=1), timeout=_PROMPT_S)
    except DeadlineExceeded:
        return False
    return True


@rule("calls whose callers go away end, and the next one is answered", _NO_BLOCKING)
async def cancelled_calls_end(served: ServedTools) -> list[Problem]:
    """Some calls are dropped, then one more is made."""
    found = []
    for tool in served.callable_tools():
        calls = [asyncio.create_task(served.call_example(tool, tool.examples[0])) for _ in range(_AT_ONCE)]
        # They are on their way, and not done, unless the tool is very quick.
        await asyncio.wait(calls, timeout=_SHORT_S / 10)
        for call in calls:
            call.cancel()
        done, waiting = await asyncio.wait(calls, timeout=_PROMPT_S)
        after = await served.call_example(tool, tool.examples[0])
        if waiting or after.result is None:
            found.append(Problem(tool.name, f"after {len(done)} dropped calls: {after.error or 'no result'}"))
    return found


@rule(f"{_AT_ONCE} calls of each tool at once all end with a result", "share nothing that is not made for threads")
async def calls_at_once_all_end(served: ServedTools) -> list[Problem]:
    """All tools at the same time, and no call crashes."""
    tools = served.callable_tools()
    runs = await asyncio.gather(*(served.at_once(tool, _AT_ONCE) for tool in tools))
    found = []
    for run in (run for of_one in runs for run in of_one):
        if run.error is not None and not _busy(run.tool, run.took_s):
            found.append(Problem(run.tool.name, f"one of {_AT_ONCE} at once gave {run.error}"))
        elif run.result is not None and run.result.failure.reason == "TOOL_CRASHED":
            found.append(Problem(run.tool.name, f"one of {_AT_ONCE} at once crashed: {run.result.failure.message}"))
    return list(dict.fromkeys(found))


def _busy(tool: Tool, took_s: float) -> bool:
    """It waited its turn for longer than its limit, as a slow tool may."""
    return took_s >= limit_s(tool)


@rule("SIGTERM drains: the process ends with 0", "start no thread or process that outlives the tool's call")
async def it_drains_on_sigterm(served: ServedTools) -> list[Problem]:
    """The last rule, since the process is gone after it. A call that runs is finished first."""
    if served.stop is None:
        return []
    running = [asyncio.create_task(served.call_example(tool, tool.examples[0])) for tool in served.callable_tools()[:1]]
    if running:
        await asyncio.wait(running, timeout=_SHORT_S)
    began = time.monotonic()
    code = await served.stop()
    found = [] if code == 0 else [Problem("", f"it ended with {code} after {time.monotonic() - began:.1f} s")]
    return found + [
        Problem(run.tool.name, f"a call that ran at SIGTERM was not finished: {run.error}")
        for run in await asyncio.gather(*running)
        if run.error is not None
    ]
