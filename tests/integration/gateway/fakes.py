"""Neighbours of the gateway, scripted: they note who asked and answer as the tests want."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from toolmesh.chat.v1 import message_pb2
from toolmesh.inference.v1 import inference_service_pb2, inference_service_pb2_grpc, model_pb2
from toolmesh.memory.v1 import artifact_pb2, memory_service_pb2, memory_service_pb2_grpc
from toolmesh.planner.v1 import run_event_pb2, run_pb2, run_service_pb2, run_service_pb2_grpc
from toolmesh.tool_router.v1 import tool_router_service_pb2, tool_router_service_pb2_grpc
from toolmesh_core.call_context import CallContext, current_call, remaining_s
from toolmesh_core.errors import InvalidInput, NotFound
from toolmesh_core.service import Service
from toolmesh_core.telemetry import current_trace_id


class FakePlanner(run_service_pb2_grpc.RunServiceServicer):
    """Runs whose input says what becomes of them: "forever", "fail", "client tools", or the answer itself."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Nobody has asked yet."""
        self.runs: dict[str, run_service_pb2.CreateRunRequest] = {}
        self.cancelled = asyncio.Event()
        self.contexts: list[CallContext] = []
        self.trace_ids: list[str] = []
        self.seconds_left: list[float | None] = []

    async def CreateRun(self, request: run_service_pb2.CreateRunRequest, context: Any) -> Any:
        self.contexts.append(current_call())
        self.trace_ids.append(current_trace_id())
        self.seconds_left.append(remaining_s())
        run = f"run_{len(self.runs) + 1}"
        self.runs[run] = request
        return run_service_pb2.CreateRunResponse(run=self._run(run, run_pb2.RUN_STATE_RUNNING))

    async def GetRun(self, request: run_service_pb2.GetRunRequest, context: Any) -> Any:
        if request.run not in self.runs:
            raise NotFound(f"there is no run {request.run!r}", reason="RUN_NOT_FOUND", metadata={"run": request.run})
        return run_service_pb2.GetRunResponse(run=self._run(request.run, run_pb2.RUN_STATE_RUNNING))

    async def CancelRun(self, request: run_service_pb2.CancelRunRequest, context: Any) -> Any:
        self.cancelled.set()
        return run_service_pb2.CancelRunResponse(run=self._run(request.run, run_pb2.RUN_STATE_CANCELLED))

    async def StreamRunEvents(self, request: run_service_pb2.StreamRunEventsRequest, context: Any) -> Any:
        text = self._text(request.run)
        if request.after_sequence < 1:
            yield _event(1, run_started=run_event_pb2.RunStarted(input=text))
        if text == "forever":
            await asyncio.Event().wait()
        if text not in ("fail", "client tools"):
            for piece in text.split(" "):
                yield _event(0, answer_delta=piece if piece == text.split(" ")[0] else f" {piece}")
        yield _event(2, run_ended=run_event_pb2.RunEnded(run=self._ended(request.run, text)))

    def _ended(self, run: str, text: str) -> run_pb2.Run:
        usage = message_pb2.TokenUsage(prompt_tokens=7, completion_tokens=3)
        if text == "fail":
            error = run_pb2.RunError(code="UNAVAILABLE", reason="INFERENCE_DOWN", message="inference does not answer")
            reason = run_pb2.END_REASON_PLATFORM_FAILURE
            return self._run(run, run_pb2.RUN_STATE_FAILED, end_reason=reason, error=error, usage=usage)
        if text == "client tools":
            call = message_pb2.ToolCall(id="call_1", tool="add", arguments_json='{"a": 2}')
            reason = run_pb2.END_REASON_CLIENT_TOOL_CALLS
            return self._run(run, run_pb2.RUN_STATE_SUCCEEDED, end_reason=reason, client_tool_calls=[call], usage=usage)
        reason = run_pb2.END_REASON_ANSWERED
        return self._run(run, run_pb2.RUN_STATE_SUCCEEDED, end_reason=reason, output=text, usage=usage)

    def _text(self, run: str) -> str:
        request = self.runs[run]
        return request.input or request.messages[-1].content

    def _run(self, run: str, state: Any, **fields: Any) -> run_pb2.Run:
        return run_pb2.Run(id=run, user=current_call().user, model="smol", state=state, **fields)


def _event(sequence: int, **fields: Any) -> run_service_pb2.StreamRunEventsResponse:
    return run_service_pb2.StreamRunEventsResponse(event=run_event_pb2.RunEvent(sequence=sequence, **fields))


class FakeToolRouter(tool_router_service_pb2_grpc.ToolRouterServiceServicer):
    """One tool that gives its arguments back, and one that takes for ever."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Nobody has asked yet."""
        self.calls: list[tool_router_service_pb2.InvokeToolRequest] = []
        self.called = asyncio.Event()
        self.cancelled = asyncio.Event()

    async def ListTools(self, request: tool_router_service_pb2.ListToolsRequest, context: Any) -> Any:
        return tool_router_service_pb2.ListToolsResponse()

    async def InvokeTool(self, request: tool_router_service_pb2.InvokeToolRequest, context: Any) -> Any:
        self.calls.append(request)
        self.called.set()
        if request.tool == "slow":
            try:
                await asyncio.Event().wait()
            finally:
                self.cancelled.set()
        if request.tool != "echo":
            raise InvalidInput(f"tool {request.tool!r}: argument 'a' is missing", field="arguments.a")
        response = tool_router_service_pb2.InvokeToolResponse()
        response.result.attempts = 1
        response.result.tool_result.output_json = request.arguments_json
        yield response


class FakeMemory(memory_service_pb2_grpc.MemoryServiceServicer):
    """Artifacts in a dictionary."""

    def __init__(self) -> None:
        self.artifacts: dict[str, tuple[artifact_pb2.Artifact, bytes]] = {}

    async def CreateArtifact(self, requests: AsyncIterator[Any], context: Any) -> Any:
        header, content = memory_service_pb2.ArtifactHeader(), b""
        async for part in requests:
            if part.WhichOneof("part") == "header":
                header = part.header
            content += part.chunk
        # About what a real one takes to sync its file; a call that was cancelled ends here.
        await asyncio.sleep(0.05)
        name = f"sha256-{len(self.artifacts)}"
        artifact = artifact_pb2.Artifact(
            id=name, media_type=header.media_type, file_name=header.file_name, size_bytes=len(content)
        )
        self.artifacts[name] = (artifact, content)
        return memory_service_pb2.CreateArtifactResponse(artifact=artifact)

    async def GetArtifact(self, request: memory_service_pb2.GetArtifactRequest, context: Any) -> Any:
        return memory_service_pb2.GetArtifactResponse(artifact=self.artifacts[request.artifact][0])

    async def ReadArtifact(self, request: memory_service_pb2.ReadArtifactRequest, context: Any) -> Any:
        content = self.artifacts[request.artifact][1]
        for start in range(0, len(content), 2**20):
            yield memory_service_pb2.ReadArtifactResponse(chunk=content[start : start + 2**20])


class FakeInference(inference_service_pb2_grpc.InferenceServiceServicer):
    """One model of each kind."""

    async def ListModels(self, request: inference_service_pb2.ListModelsRequest, context: Any) -> Any:
        model = model_pb2.Model(id="smol", task=model_pb2.MODEL_TASK_GENERATE, engine="fake", is_default=True)
        return inference_service_pb2.ListModelsResponse(models=[model])

    async def Embed(self, request: inference_service_pb2.EmbedRequest, context: Any) -> Any:
        vectors = [b"\x00\x00\x80\x3f\x00\x00\x00\x00"] * len(request.texts)
        return inference_service_pb2.EmbedResponse(vectors=vectors, dimensions=2, model="e5")


class Neighbours:
    """All of them, on one server."""

    def __init__(self) -> None:
        self.planner = FakePlanner()
        self.tool_router = FakeToolRouter()
        self.memory = FakeMemory()
        self.address = ""

    def forget(self) -> None:
        """All that was asked so far."""
        self.planner.forget()
        self.tool_router.forget()
        self.memory.artifacts.clear()

    def service(self) -> Service:
        """What to serve."""
        return Service(
            registrations=[
                (run_service_pb2_grpc.add_RunServiceServicer_to_server, self.planner),
                (tool_router_service_pb2_grpc.add_ToolRouterServiceServicer_to_server, self.tool_router),
                (memory_service_pb2_grpc.add_MemoryServiceServicer_to_server, self.memory),
                (inference_service_pb2_grpc.add_InferenceServiceServicer_to_server, FakeInference()),
            ]
        )
