"""The calculation and data tools as the processes they are in production, called over gRPC."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import pytest_asyncio

from toolmesh.retriever.v1 import document_pb2, retriever_service_pb2, retriever_service_pb2_grpc
from toolmesh.tool.v1 import tool_pb2, tool_service_pb2, tool_service_pb2_grpc
from toolmesh_core.channel import connect
from toolmesh_core.errors import Unavailable
from toolmesh_core.service import Service
from toolmesh_testing import ServiceProcess, process, serving


class FakeRetriever(retriever_service_pb2_grpc.RetrieverServiceServicer):
    """Has one passage for ann, and none for anybody else."""

    async def SearchDocuments(
        self, request: retriever_service_pb2.SearchDocumentsRequest, context: Any
    ) -> retriever_service_pb2.SearchDocumentsResponse:
        passage = document_pb2.Passage(title="Handbook", source="handbook.pdf", text="x" * 2000, page=7)
        found = [retriever_service_pb2.ScoredPassage(passage=passage, score=0.9)] if request.user == "ann" else []
        return retriever_service_pb2.SearchDocumentsResponse(results=found)


async def call(address: str, tool: str, arguments: dict[str, Any], user: str = "ann") -> tool_pb2.ToolResult:
    request = tool_service_pb2.InvokeToolRequest(
        tool=tool, arguments_json=json.dumps(arguments), context=tool_pb2.CallContext(user=user)
    )
    channel = connect(address)
    async with channel:
        events = [event async for event in tool_service_pb2_grpc.ToolServiceStub(channel).InvokeTool(request)]
    return events[-1].result


async def output(address: str, tool: str, arguments: dict[str, Any], user: str = "ann") -> Any:
    result = await call(address, tool, arguments, user)
    assert result.output_json, result.failure
    return json.loads(result.output_json)


@pytest_asyncio.fixture
async def data(tmp_path: Path) -> AsyncIterator[ServiceProcess]:
    async with serving(
        Service(registrations=[(retriever_service_pb2_grpc.add_RetrieverServiceServicer_to_server, FakeRetriever())])
    ) as retriever:
        env = {"TOOLMESH_TOOL_DATA_DATA_DIR": str(tmp_path), "TOOLMESH_TOOL_DATA_RETRIEVER_ADDRESS": retriever}
        async with process("toolmesh_tool_data", env) as started:
            yield started


async def test_calculation_answers_over_grpc_in_chinese_too(tmp_path: Path) -> None:
    env = {"TOOLMESH_TOOL_CALCULATION_DATA_DIR": str(tmp_path), "TOOLMESH_TOOL_CALCULATION_TIME_ZONE": "北京"}
    async with process("toolmesh_tool_calculation", env) as started:
        assert (await output(started.address, "calculate", {"expression": "3公里加200米"}))["result"] == "3.2 km"
        assert (await output(started.address, "current_time", {}))["time_zone"] == "Asia/Shanghai"
        failure = (await call(started.address, "calculate", {"expression": "10**10**10"})).failure
        assert (failure.reason, failure.retryable) == ("TOO_LARGE", False)


async def test_web_reads_a_listed_host_of_the_private_network_and_nothing_else(tmp_path: Path) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<title>T</title><p>hi")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    listed = {"TOOLMESH_TOOL_WEB_DATA_DIR": str(tmp_path), "TOOLMESH_TOOL_WEB_ALLOWED_HOSTS": host}
    async with server:
        async with process("toolmesh_tool_web", {**listed, "TOOLMESH_TOOL_WEB_PRIVATE_HOSTS": host}) as started:
            page = await output(started.address, "http_get", {"url": f"http://{host}/"})
            assert (page["title"], page["text"]) == ("T", "hi")
            refused = await call(started.address, "http_get", {"url": "http://169.254.169.254/"})
            assert refused.failure.reason == "HOST_NOT_ALLOWED"
        async with process("toolmesh_tool_web", listed) as started:
            refused = await call(started.address, "http_get", {"url": f"http://{host}/"})
            assert refused.failure.reason == "ADDRESS_NOT_ALLOWED"


async def test_data_tools_share_one_process_and_start_another_only_for_tables(data: ServiceProcess) -> None:
    service = psutil.Process(data.pid)
    assert (await output(data.address, "write_note", {"text": "milk"}))["note"] == 1
    assert (await output(data.address, "get_weather", {"place": "北京", "day": "明天"}))["place"] == "Beijing"
    assert (await output(data.address, "text_statistics", {"text": "a b"}))["words"] == 2
    assert service.children() == []
    assert not [path for path in service.memory_maps() if "duckdb" in path.path]
    total = {"table": "sales", "column": "amount", "operation": "sum"}
    assert (await output(data.address, "summarize_column", total))["result"] == 5944
    assert len(service.children()) == 1


async def test_documents_are_searched_for_the_caller(data: ServiceProcess) -> None:
    found = await output(data.address, "search_documents", {"query": "holidays"})
    assert (found["passages"][0]["source"], found["passages"][0]["page"]) == ("handbook.pdf", 7)
    assert len(found["passages"][0]["text"]) == 1200
    assert (await output(data.address, "search_documents", {"query": "holidays"}, user="bob"))["passages"] == []
    assert (await call(data.address, "search_documents", {"query": "holidays"}, user="")).failure.reason == "NO_USER"


async def test_a_retriever_that_is_down_is_the_platforms_failure_and_not_the_tools(tmp_path: Path) -> None:
    env = {"TOOLMESH_TOOL_DATA_DATA_DIR": str(tmp_path), "TOOLMESH_TOOL_DATA_RETRIEVER_ADDRESS": "127.0.0.1:1"}
    async with process("toolmesh_tool_data", env) as started:
        with pytest.raises(Unavailable):
            await call(started.address, "search_documents", {"query": "holidays"})


async def test_a_drain_leaves_no_table_process_behind(data: ServiceProcess) -> None:
    await output(data.address, "list_tables", {})
    children = psutil.Process(data.pid).children()
    data.terminate()
    assert await data.wait() == 0
    assert psutil.wait_procs(children, timeout=5)[1] == []


async def test_table_processes_end_when_their_service_is_killed(data: ServiceProcess) -> None:
    await output(data.address, "list_tables", {})
    children = psutil.Process(data.pid).children()
    data.kill()
    await data.wait()
    assert psutil.wait_procs(children, timeout=10)[1] == []


async def test_a_folder_that_is_not_there_is_named_at_the_start(tmp_path: Path) -> None:
    env = {"TOOLMESH_TOOL_DATA_TABLES_DIR": str(tmp_path / "missing")}
    with pytest.raises(RuntimeError, match="2"):
        async with process("toolmesh_tool_data", env):
            pytest.fail("it started")
