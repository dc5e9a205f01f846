"""The retriever as a process: alone, killed, drained."""

import asyncio
import signal
from pathlib import Path

from toolmesh.retriever.v1 import retriever_service_pb2 as pb
from toolmesh.retriever.v1.retriever_service_pb2_grpc import RetrieverServiceStub
from toolmesh_core.channel import connect
from toolmesh_testing import process

UNREACHABLE = "127.0.0.1:9"


def environment(folder: Path) -> dict[str, str]:
    return {
        "TOOLMESH_RETRIEVER_DATA_DIR": str(folder),
        "TOOLMESH_RETRIEVER_TOOL_ROUTER_ADDRESS": UNREACHABLE,
        "TOOLMESH_RETRIEVER_INFERENCE_ADDRESS": UNREACHABLE,
    }


async def metrics_of(url: str) -> str:
    host, _, port = url.removeprefix("http://").removesuffix("/metrics").rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET /metrics HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
    text = (await reader.read()).decode()
    writer.close()
    await writer.wait_closed()
    return text


async def test_the_process_is_healthy_without_neighbours_answers_counts_and_drains(tmp_path: Path) -> None:
    async with process("toolmesh_retriever", environment(tmp_path)) as started:
        async with connect(started.address) as channel:
            stub = RetrieverServiceStub(channel)
            content = b"The ferry to Brno leaves at noon."
            await stub.AddDocument(pb.AddDocumentRequest(user="ann", source="plan.txt", content=content))
            found = await stub.SearchDocuments(pb.SearchDocumentsRequest(user="ann", query="ferry"))
            assert found.results[0].passage.text == content.decode()
            assert "only words were searched" in found.degraded
            tools = await stub.SearchTools(pb.SearchToolsRequest(query="weather"))
            assert "not reachable" in tools.degraded
        metrics = await metrics_of(started.metrics_url)
        assert 'toolmesh_retriever_search_duration_seconds_count{kind="documents"} 1.0' in metrics
        assert 'toolmesh_retriever_degraded_searches_total{kind="tools"} 1.0' in metrics
        assert "toolmesh_retriever_indexed_tools 0.0" in metrics
        started.terminate()
        assert await started.wait() == 0


async def test_a_document_survives_a_kill(tmp_path: Path) -> None:
    async with process("toolmesh_retriever", environment(tmp_path)) as started:
        async with connect(started.address) as channel:
            request = pb.AddDocumentRequest(user="ann", title="Plan", content=b"Noon.", request_id="r")
            first = await RetrieverServiceStub(channel).AddDocument(request)
        started.kill()
        assert await started.wait() == -signal.SIGKILL
    async with process("toolmesh_retriever", environment(tmp_path)) as started, connect(started.address) as channel:
        stub = RetrieverServiceStub(channel)
        assert (await stub.ListDocuments(pb.ListDocumentsRequest(user="ann"))).documents == [first.document]
        assert (await stub.AddDocument(request)).document == first.document


async def test_a_process_that_is_told_of_no_neighbour_serves_on(tmp_path: Path) -> None:
    async with process("toolmesh_retriever", {"TOOLMESH_RETRIEVER_DATA_DIR": str(tmp_path)}) as started:
        async with connect(started.address) as channel:
            stub = RetrieverServiceStub(channel)
            await stub.AddDocument(pb.AddDocumentRequest(user="ann", content=b"Noon."))
            found = await stub.SearchDocuments(pb.SearchDocumentsRequest(user="ann", query="noon"))
            assert "no inference service is set" in found.degraded
        started.terminate()
        assert await started.wait() == 0
