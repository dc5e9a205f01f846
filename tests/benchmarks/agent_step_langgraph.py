"""The same agent step by LangGraph: a scripted decision in process, the tool over gRPC; for agent_step.py.

    PEER_PYTHON agent_step_langgraph.py TOOL_ADDRESS STEPS [SQLITE_FILE]

PEER_PYTHON has langgraph, langgraph-checkpoint-sqlite, grpcio and protobuf. With a file, every step is checkpointed in
it. Prints the seconds of each step.
"""

import asyncio
import json
import sys
import time
from contextlib import AsyncExitStack
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, TypedDict

sys.path.insert(0, str(Path(__file__).parents[2] / "libs" / "protos"))

import grpc
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import END, START, StateGraph

from toolmesh.tool.v1 import tool_service_pb2, tool_service_pb2_grpc

STEPS_A_RUN = 20


def _joined(before: list[Any], new: list[Any]) -> list[Any]:
    return [*before, *new]


class State(TypedDict):
    """The conversation, and when each decision was made."""

    messages: Annotated[list[str], _joined]
    decided: Annotated[list[float], _joined]


async def _latencies(address: str, steps: int, file: str) -> list[float]:
    async with AsyncExitStack() as stack:
        channel = await stack.enter_async_context(grpc.aio.insecure_channel(address))
        graph = _graph(tool_service_pb2_grpc.ToolServiceStub(channel))
        saver = await stack.enter_async_context(AsyncSqliteSaver.from_conn_string(file)) if file else None
        compiled = graph.compile(checkpointer=saver)
        found: list[float] = []
        for run in range(-1, max(1, steps // STEPS_A_RUN)):
            options: dict[str, Any] = {
                "recursion_limit": 4 * STEPS_A_RUN,
                "configurable": {"thread_id": f"{time.time_ns()}"},
            }
            begin = {"messages": ["Greet."], "decided": []}
            # "sync": the checkpoint of a step is written before the next begins, as in the planner.
            ended = await compiled.ainvoke(begin, options, **({"durability": "sync"} if file else {}))
            moments = ended["decided"]
            if run >= 0:
                found += [after - before for before, after in pairwise(moments)]
        return found


def _graph(tool: Any) -> Any:
    async def decide(state: State) -> dict[str, Any]:
        return {"messages": ["call greet"], "decided": [time.perf_counter()]}

    async def call(state: State) -> dict[str, Any]:
        request = tool_service_pb2.InvokeToolRequest(tool="greet", arguments_json='{"mood": "cheerful"}')
        outputs = [response.result.output_json async for response in tool.InvokeTool(request)]
        return {"messages": outputs}

    graph = StateGraph(State)
    graph.add_node("decide", decide)
    graph.add_node("call", call)
    graph.add_edge(START, "decide")
    graph.add_edge("decide", "call")
    graph.add_conditional_edges("call", lambda state: END if len(state["decided"]) > STEPS_A_RUN else "decide")
    return graph


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_latencies(sys.argv[1], int(sys.argv[2]), "".join(sys.argv[3:4])))))
