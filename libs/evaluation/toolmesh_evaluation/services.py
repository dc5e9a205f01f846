"""The real services as processes: inference, controller, and the retriever over a set's own tools."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolmesh.retriever.v1 import retriever_service_pb2, retriever_service_pb2_grpc
from toolmesh.tool.v1 import tool_pb2
from toolmesh.tool_router.v1 import tool_router_service_pb2, tool_router_service_pb2_grpc
from toolmesh_core.channel import connect
from toolmesh_core.errors import InvalidInput
from toolmesh_core.service import Service
from toolmesh_testing.processes import process
from toolmesh_testing.serving import serving

# 4,000 tools are embedded in some minutes on two cores.
LONGEST_INDEXING_S = 1800.0


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """What is measured.

    Attributes:
        model: a served id, a GGUF file, or the model's name at `openai`; empty means the default model.
        adapter: a LoRA adapter in GGUF, or the name of a served one; empty means none.
        openai: base URL of a server that speaks OpenAI's API, up to and with /v1.
    """

    model: str = ""
    adapter: str = ""
    openai: str = ""

    def settings(self) -> dict[str, str]:
        """Environment of the inference service that serves it."""
        env: dict[str, str] = {}
        if self.openai:
            env["TOOLMESH_INFERENCE_OPENAI_BASE_URL"] = self.openai
            env["TOOLMESH_INFERENCE_OPENAI_MODEL"] = self.model
            env["TOOLMESH_INFERENCE_DEFAULT_LLM"] = self.model
            env["TOOLMESH_INFERENCE_OPENAI_API_KEY"] = os.environ.get("OPENAI_API_KEY", "")
        elif self.model.endswith(".gguf"):
            env["TOOLMESH_INFERENCE_LLM_MODEL_PATH"] = str(_file(self.model, "model").resolve())
        if self.adapter.endswith(".gguf"):
            path = _file(self.adapter, "adapter").resolve()
            env["TOOLMESH_INFERENCE_LLM_ADAPTERS"] = f"{path.stem}={path}"
        return env

    @property
    def model_id(self) -> str:
        """What requests name."""
        return "" if self.model.endswith(".gguf") else self.model

    @property
    def adapter_id(self) -> str:
        """What requests name."""
        return Path(self.adapter).stem if self.adapter.endswith(".gguf") else self.adapter


@dataclass(frozen=True, slots=True)
class Addresses:
    """gRPC targets; an empty retriever means that every case brings its tools."""

    controller: str
    retriever: str = ""


@asynccontextmanager
async def running_services(
    choice: ModelChoice, tools: Sequence[tool_pb2.Tool], folder: Path, *, controller: str = ""
) -> AsyncIterator[Addresses]:
    """Starts what is missing and stops it after the block.

    Args:
        tools: what the retriever searches; none starts no retriever.
        folder: for state and the services' log.
        controller: a running one that is asked instead of one of our own; it serves the model itself.
    """
    if controller and any(text.endswith(".gguf") for text in (choice.model, choice.adapter)):
        raise InvalidInput("a running controller (--controller) serves its own models; name one in place of a file")
    if controller and choice.openai:
        raise InvalidInput("--openai configures inference of our own; leave out --controller")
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    log = folder / "services.log"
    async with AsyncExitStack() as stack:
        inference = ""
        if tools or not controller:
            env = {"TOOLMESH_INFERENCE_DATA_DIR": str(folder / "inference"), **choice.settings()}
            inference = (await stack.enter_async_context(process("toolmesh_inference", env, log_path=log))).address
        if not controller:
            env = {
                "TOOLMESH_CONTROLLER_DATA_DIR": str(folder / "controller"),
                "TOOLMESH_CONTROLLER_INFERENCE_ADDRESS": inference,
            }
            controller = (await stack.enter_async_context(process("toolmesh_controller", env, log_path=log))).address
        retriever = await stack.enter_async_context(_retriever(tools, inference, folder)) if tools else ""
        yield Addresses(controller, retriever)


@asynccontextmanager
async def _retriever(tools: Sequence[tool_pb2.Tool], inference: str, folder: Path) -> AsyncIterator[str]:
    """The retriever when it has indexed the tools, by words and by meaning."""
    registration = (tool_router_service_pb2_grpc.add_ToolRouterServiceServicer_to_server, _Registry(tools))  # type: ignore[abstract]
    async with serving(Service([registration])) as router:
        env = {
            "TOOLMESH_RETRIEVER_DATA_DIR": str(folder / "retriever"),
            "TOOLMESH_RETRIEVER_TOOL_ROUTER_ADDRESS": router,
            "TOOLMESH_RETRIEVER_INFERENCE_ADDRESS": inference,
        }
        async with process("toolmesh_retriever", env, log_path=folder / "services.log") as running:
            async with connect(running.address) as channel:
                await _until_indexed(retriever_service_pb2_grpc.RetrieverServiceStub(channel), len(tools))
            yield running.address


async def _until_indexed(stub: Any, count: int) -> None:
    """Asks in words that no tool has, so that vectors are wanted, until every tool has its own."""
    searched, degraded = 0, "not asked yet"
    try:
        async with asyncio.timeout(LONGEST_INDEXING_S):
            while searched < count or degraded:
                await asyncio.sleep(0.5)
                request = retriever_service_pb2.SearchToolsRequest(query="天气")
                response = await stub.SearchTools(request)
                searched, degraded = response.searched, response.degraded
    except TimeoutError as error:
        raise TimeoutError(
            f"{searched} of {count} tools were indexed in {LONGEST_INDEXING_S:.0f} s ({degraded}); see services.log"
        ) from error


class _Registry(tool_router_service_pb2_grpc.ToolRouterServiceServicer):
    """Tells a fixed list of tools; the retriever follows it as it follows the tool router."""

    def __init__(self, tools: Sequence[tool_pb2.Tool]) -> None:
        self._tools = tools

    async def WatchTools(  # noqa: N802 - the RPC's name
        self, request: tool_router_service_pb2.WatchToolsRequest, context: Any
    ) -> AsyncIterator[tool_router_service_pb2.WatchToolsResponse]:
        snapshot = tool_router_service_pb2.ToolSnapshot(tools=self._tools)
        yield tool_router_service_pb2.WatchToolsResponse(snapshot=snapshot)
        await asyncio.Event().wait()


def _file(path: str, what: str) -> Path:
    found = Path(path)
    if not found.is_file():
        raise InvalidInput(f"{what} file {path} is not there; give a GGUF file, or the id of a served {what}")
    return found
