"""Artifacts: bytes in and bytes out, streamed both ways so that none is ever held whole."""

import asyncio
import re
from collections.abc import AsyncIterator
from urllib.parse import quote

from toolmesh.memory.v1 import artifact_pb2, memory_service_pb2
from toolmesh_gateway.api.http.body import refuse_encodings
from toolmesh_gateway.api.http.exchange import Exchange
from toolmesh_gateway.api.http.problem import Headers, HttpProblem, invalid_fields
from toolmesh_gateway.api.transcoding.reading import FieldError
from toolmesh_gateway.api.transcoding.writing import writer_of
from toolmesh_gateway.app.ports import SingleCall, StreamCall

_CHUNK_BYTES = 2**20
_BYTES = "application/octet-stream"
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(\s*;\s*[\w-]+=[\w.+\"-]+)*\Z", re.ASCII)
Request = memory_service_pb2.CreateArtifactRequest


class CreateArtifactFace:
    """POST /v1/artifacts: the body is the artifact."""

    def __init__(self, upload: SingleCall, limit: int) -> None:
        self._upload = upload
        self._limit = limit
        self._write = writer_of(artifact_pb2.Artifact.DESCRIPTOR)

    async def __call__(self, exchange: Exchange) -> None:
        """Answers."""
        refuse_encodings(exchange)
        header = _header_of(exchange)
        faults: list[Exception] = []
        try:
            response = await self._upload(self._parts(exchange, header, faults))
        except asyncio.CancelledError:
            # gRPC cancels a call whose requests fail; what failed is the better answer.
            if not faults:
                raise
            raise faults[0] from None
        await exchange.respond_json(self._write(response.artifact))

    async def _parts(
        self, exchange: Exchange, header: memory_service_pb2.ArtifactHeader, faults: list[Exception]
    ) -> AsyncIterator[Request]:
        try:
            yield Request(header=header)
            async for piece in exchange.chunks(self._limit):
                for start in range(0, len(piece), _CHUNK_BYTES):
                    yield Request(chunk=piece[start : start + _CHUNK_BYTES])
        except Exception as error:
            faults.append(error)
            raise


class ReadArtifactFace:
    """GET /v1/artifacts/{artifact}: its bytes, as a download that a browser does not interpret."""

    def __init__(self, get: SingleCall, read: StreamCall) -> None:
        self._get = get
        self._read = read

    async def __call__(self, exchange: Exchange) -> None:
        """Answers."""
        name = exchange.parameters["artifact"]
        found = await self._get(memory_service_pb2.GetArtifactRequest(artifact=name))
        artifact: artifact_pb2.Artifact = found.artifact
        media_type = artifact.media_type if _MEDIA_TYPE.match(artifact.media_type) else _BYTES
        responses = self._read(memory_service_pb2.ReadArtifactRequest(artifact=name))
        try:
            await exchange.start(200, media_type.encode(), _download_headers(artifact))
            async for response in responses:
                await exchange.write(response.chunk)
            await exchange.finish()
        finally:
            responses.cancel()


def _header_of(exchange: Exchange) -> memory_service_pb2.ArtifactHeader:
    query = exchange.query()
    unknown = [
        FieldError(name, "is an unknown query parameter; known is: file_name") for name in query if name != "file_name"
    ]
    if unknown:
        raise invalid_fields(unknown)
    media_type = exchange.header(b"content-type") or _BYTES
    if not _MEDIA_TYPE.match(media_type):
        detail = f"the Content-Type {media_type!r} is not a media type; send one such as image/png"
        raise HttpProblem(415, "UNSUPPORTED_MEDIA_TYPE", detail)
    return memory_service_pb2.ArtifactHeader(media_type=media_type, file_name=query.get("file_name", [""])[-1])


def _download_headers(artifact: artifact_pb2.Artifact) -> Headers:
    disposition = "attachment"
    if artifact.file_name:
        # RFC 6266: the extended form carries any character.
        disposition += f"; filename*=UTF-8''{quote(artifact.file_name, safe='')}"
    return [
        (b"content-length", str(artifact.size_bytes).encode()),
        (b"content-disposition", disposition.encode()),
        (b"content-security-policy", b"sandbox; default-src 'none'"),
    ]
