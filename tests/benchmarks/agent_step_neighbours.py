"""The processes around an agent step that must not be measured: a scripted LLM, a scripted controller, trivial tools.

    python agent_step_neighbours.py inference | controller | tools | bare-tool | bare LLM TOOL STEPS

Each prints its address on the first line, except `bare`, which prints the latencies of a loop without any of ToolMesh.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Literal

import grpc
import uvloop

from toolmesh.chat.v1.message_pb2 import ROLE_ASSISTANT, ToolCall
from toolmesh.controller.v1 import controller_service_pb2, controller_service_pb2_grpc
from toolmesh.controller.v1.decision_pb2 import Decision, ToolCalls
from toolmesh.inference.v1 import inference_service_pb2, inference_service_pb2_grpc
from toolmesh.retriever.v1 import retriever_service_pb2, retriever_service_pb2_grpc
from toolmesh.tool.v1 import tool_pb2, tool_service_pb2, tool_service_pb2_grpc

sys.path.insert(0, str(Path(__file__).parents[1]))
from fixtures.scripted_inference import ScriptedInference

GREET = tool_pb2.Tool(
    name="greet",
    description="Greets aloud.",
    arguments_schema_json=json.dumps(
        {
            "type": "object",
            "properties": {"mood": {"type": "string", "enum": ["cheerful", "solemn"], "description": "The tone."}},
            "required": ["mood"],
            "additionalProperties": False,
        }
    ),
    idempotent=True,
    read_only=True,
    result_only=True,
)
WAIT = tool_pb2.Tool(
    name="wait",
    description="Waits for 100 milliseconds.",
    arguments_schema_json='{"type": "object", "properties": {}}',
    idempotent=True,
    read_only=True,
    result_only=True,
)
PARALLEL = "parallel"


class ScriptedRetriever(retriever_service_pb2_grpc.RetrieverServiceServicer):
    """Finds the right tool at once."""

    async def SearchTools(self, request: Any, context: Any) -> retriever_service_pb2.SearchToolsResponse:
        """One tool."""
        tool = WAIT if request.query.startswith(PARALLEL) else GREET
        results = [retriever_service_pb2.ScoredTool(tool=tool, score=0.99)]
        return retriever_service_pb2.SearchToolsResponse(results=results, searched=1)


class ScriptedController(controller_service_pb2_grpc.ControllerServiceServicer):
    """Calls `greet` for ever; for the request "parallel N" calls `wait` N times at once, then answers with the seconds
    from that decision to the next question: what the planner made of N calls of 100 ms and their join."""

    def __init__(self) -> None:
        self._decided_at = 0.0

    async def Decide(self, request: Any, context: Any) -> AsyncIterator[controller_service_pb2.DecideResponse]:
        """The next step."""
        now = time.perf_counter()
        text = request.messages[0].content
        if not text.startswith(PARALLEL):
            decision = _calls(request, [("greet", '{"mood": "cheerful"}')])
        elif request.messages[-1].role != ROLE_ASSISTANT and len(request.messages) == 1:
            decision = _calls(request, [("wait", "{}")] * int(text.split()[1]))
            self._decided_at = time.perf_counter()
        else:
            decision = Decision(answer=str(now - self._decided_at))
        yield controller_service_pb2.DecideResponse(decision=decision)


def _calls(request: Any, calls: list[tuple[str, str]]) -> Decision:
    step = len(request.messages)
    made = [
        ToolCall(id=f"call_{step}_{place}", tool=tool, arguments_json=arguments)
        for place, (tool, arguments) in enumerate(calls)
    ]
    return Decision(tool_calls=ToolCalls(calls=made))


class BareTool(tool_service_pb2_grpc.ToolServiceServicer):
    """`greet` with nothing around it."""

    async def InvokeTool(self, request: Any, context: Any) -> AsyncIterator[tool_service_pb2.InvokeToolResponse]:
        """Greets."""
        output = json.dumps(json.loads(request.arguments_json)["mood"])
        yield tool_service_pb2.InvokeToolResponse(result=tool_pb2.ToolResult(output_json=output))


def scripted_llm() -> ScriptedInference:
    """Writes the one argument of `greet`, and would always call it."""

    def score(request: inference_service_pb2.ScoreContinuationsRequest, continuation: str) -> float:
        return 0.0 if "greet" in continuation else -20.0

    return ScriptedInference(default='"cheerful"', scores=score)


async def serve(*registrations: tuple[Callable[..., None], Any]) -> None:
    """Serves on a free port, with nothing around."""
    server = grpc.aio.server()
    for add_to_server, servicer in registrations:
        add_to_server(servicer, server)
    listen = os.environ.get("BENCHMARK_LISTEN", "127.0.0.1:0")
    port = server.add_insecure_port(listen)
    await server.start()
    print(json.dumps({"address": listen if listen.startswith("unix:") else f"127.0.0.1:{port}"}), flush=True)
    await server.wait_for_termination()


def serve_tools() -> None:
    """`greet` and `wait` as anybody writes them."""
    from toolmesh_toolkit import run_tools, tool

    @tool(idempotent=True, read_only=True)
    async def greet(mood: Literal["cheerful", "solemn"]) -> str:
        """Greets aloud.

        Args:
            mood: The tone.
        """
        return mood

    @tool(idempotent=True, read_only=True)
    async def wait() -> str:
        """Waits for 100 milliseconds."""
        await asyncio.sleep(0.1)
        return "waited"

    run_tools("benchmark", [greet, wait])


async def bare_loop(llm: str, tool: str, steps: int) -> list[float]:
    """Ask the LLM, call the tool, again: two bare gRPC calls a step and nothing kept."""
    async with grpc.aio.insecure_channel(llm) as llm_channel, grpc.aio.insecure_channel(tool) as tool_channel:
        generate = inference_service_pb2_grpc.InferenceServiceStub(llm_channel).Generate
        invoke = tool_service_pb2_grpc.ToolServiceStub(tool_channel).InvokeTool
        asked = inference_service_pb2.GenerateRequest(prompt="Greet.")
        latencies = []
        for _ in range(steps):
            begun = time.perf_counter()
            text = "".join([response.text async for response in generate(asked)])
            arguments = f'{{"mood": {text}}}'
            async for _response in invoke(tool_service_pb2.InvokeToolRequest(tool="greet", arguments_json=arguments)):
                pass
            latencies.append(time.perf_counter() - begun)
        return latencies


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["inference"]:
            inference = inference_service_pb2_grpc.add_InferenceServiceServicer_to_server
            retriever = retriever_service_pb2_grpc.add_RetrieverServiceServicer_to_server
            uvloop.run(serve((inference, scripted_llm()), (retriever, ScriptedRetriever())))
        case ["controller"]:
            controller = controller_service_pb2_grpc.add_ControllerServiceServicer_to_server
            uvloop.run(serve((controller, ScriptedController())))
        case ["bare-tool"]:
            uvloop.run(serve((tool_service_pb2_grpc.add_ToolServiceServicer_to_server, BareTool())))
        case ["tools"]:
            serve_tools()
        case ["bare", llm_address, tool_address, count]:
            print(json.dumps(uvloop.run(bare_loop(llm_address, tool_address, int(count)))))
        case other:
            raise SystemExit(f"unknown part {other}; see the top of this file")
