"""Bytes in and out."""

import base64
from typing import Any

import pytest

from toolmesh.memory.v1 import artifact_pb2, memory_service_pb2
from toolmesh.retriever.v1 import document_pb2, retriever_service_pb2
from toolmesh_core.errors import NotFound


@pytest.fixture(autouse=True)
def _stores(upstream: Any) -> None:
    def artifact(**fields: Any) -> artifact_pb2.Artifact:
        return artifact_pb2.Artifact(id="sha256-1", media_type="text/csv", size_bytes=5, **fields)

    chunks = [memory_service_pb2.ReadArtifactResponse(chunk=chunk) for chunk in (b"a,b", b"\nc")]
    upstream.answers |= {
        "AddDocument": lambda request: retriever_service_pb2.AddDocumentResponse(
            document=document_pb2.Document(id="doc_1", title=request.title)
        ),
        "CreateArtifact": lambda parts: memory_service_pb2.CreateArtifactResponse(artifact=artifact()),
        "GetArtifact": lambda request: memory_service_pb2.GetArtifactResponse(
            artifact=artifact(file_name='räk "1".csv')
        ),
        "ReadArtifact": lambda request: chunks,
    }


async def test_a_document_comes_as_text(ask: Any, upstream: Any) -> None:
    reply = await ask("POST", "/v1/documents", {"title": "T", "text": "größer"})
    assert (reply.status, reply.json["id"]) == (200, "doc_1")
    expected = retriever_service_pb2.AddDocumentRequest(title="T", media_type="text/plain", content="größer".encode())
    assert upstream.asked[0][1] == expected


async def test_a_document_comes_as_base64(ask: Any, upstream: Any) -> None:
    body = {"source": "a.pdf", "content": base64.b64encode(b"%PDF").decode(), "request_id": "r"}
    await ask("POST", "/v1/documents", body)
    expected = retriever_service_pb2.AddDocumentRequest(source="a.pdf", content=b"%PDF", request_id="r")
    assert upstream.asked[0][1] == expected


async def test_a_document_comes_as_the_body_itself(ask: Any, upstream: Any) -> None:
    headers = {"content_type": "text/markdown; charset=utf-8", "idempotency_key": "once"}
    await ask("POST", "/v1/documents?title=T&source=a.md", [b"# He", b"ad"], **headers)
    expected = retriever_service_pb2.AddDocumentRequest(
        title="T", source="a.md", media_type="text/markdown", content=b"# Head", request_id="once"
    )
    assert upstream.asked[0][1] == expected


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"text": 3}, "text"),
        ({"text": "a", "content": "YQ=="}, "text"),
        ({"content": "not base64!"}, "content"),
        ({}, "content"),
        ({"text": "a", "colour": "red"}, "colour"),
    ],
)
async def test_a_document_without_clear_content_is_refused(ask: Any, body: dict[str, Any], field: str) -> None:
    reply = await ask("POST", "/v1/documents", body)
    assert (reply.status, reply.json["errors"][0]["field"]) == (400, field)


@pytest.mark.parametrize("media_type", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
async def test_a_form_is_not_a_document(ask: Any, media_type: str) -> None:
    reply = await ask("POST", "/v1/documents", b"a=b", content_type=media_type)
    assert reply.status == 415
    assert "text/markdown" in reply.json["detail"]


@pytest.mark.parametrize("content_type", ["application/json", "text/plain"])
async def test_a_document_over_its_own_limit_is_refused(ask: Any, content_type: str) -> None:
    text = b"x" * 2001
    body = text if content_type == "text/plain" else b'{"text":"%s"}' % text
    assert (await ask("POST", "/v1/documents", body, content_type=content_type)).status == 413


async def test_an_artifact_is_streamed_in(ask: Any, upstream: Any) -> None:
    pieces = [b"a" * 1000, b"b" * 500]
    reply = await ask("POST", "/v1/artifacts?file_name=a.csv", pieces, content_type="text/csv")
    assert reply.json["size_bytes"] == 5
    header, *chunks = upstream.asked[0][1]
    assert header.header == memory_service_pb2.ArtifactHeader(media_type="text/csv", file_name="a.csv")
    assert [chunk.chunk for chunk in chunks] == pieces


async def test_an_artifact_over_its_limit_is_refused_on_the_way(ask: Any) -> None:
    reply = await ask("POST", "/v1/artifacts", [b"x" * 1000] * 9, content_type="text/csv")
    assert (reply.status, reply.json["reason"]) == (413, "BODY_TOO_LARGE")


async def test_an_artifacts_media_type_must_be_one(ask: Any) -> None:
    assert (await ask("POST", "/v1/artifacts", b"x", content_type="nonsense")).status == 415


async def test_an_artifact_comes_out_as_a_download(ask: Any) -> None:
    reply = await ask("GET", "/v1/artifacts/sha256-1")
    assert (reply.status, reply.body) == (200, b"a,b\nc")
    assert reply.headers["content-type"] == "text/csv"
    assert reply.headers["content-length"] == "5"
    assert reply.headers["content-disposition"] == "attachment; filename*=UTF-8''r%C3%A4k%20%221%22.csv"
    assert reply.headers["x-content-type-options"] == "nosniff"


async def test_an_unknown_artifact_is_404(ask: Any, upstream: Any) -> None:
    upstream.answers["GetArtifact"] = lambda request: NotFound("no artifact")
    assert (await ask("GET", "/v1/artifacts/x")).status == 404
