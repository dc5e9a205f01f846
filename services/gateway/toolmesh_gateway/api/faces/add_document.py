"""POST /v1/documents: a document as JSON, or as the body itself with its own Content-Type."""

from typing import Any

from toolmesh.retriever.v1 import document_pb2, retriever_service_pb2
from toolmesh_gateway.api.faces.request_filler import NOT_FROM_CLIENTS
from toolmesh_gateway.api.http.body import is_json, media_type_of, off_loop, refuse_encodings
from toolmesh_gateway.api.http.exchange import Exchange, too_large
from toolmesh_gateway.api.http.problem import HttpProblem, invalid_fields
from toolmesh_gateway.api.transcoding.json_text import read_json
from toolmesh_gateway.api.transcoding.reading import FieldError, reader_of
from toolmesh_gateway.api.transcoding.writing import writer_of
from toolmesh_gateway.app.ports import SingleCall

Request = retriever_service_pb2.AddDocumentRequest
# What curl and forms say about a body when nobody told them what it is.
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
# Beside base64's third: the other fields.
_JSON_ROOM = 64 * 1024


class AddDocumentFace:
    """Adds documents."""

    def __init__(self, call: SingleCall, limit: int) -> None:
        self._call = call
        self._limit = limit
        self._read = reader_of(Request.DESCRIPTOR, NOT_FROM_CLIENTS)
        self._write = writer_of(document_pb2.Document.DESCRIPTOR)

    async def __call__(self, exchange: Exchange) -> None:
        """Answers."""
        refuse_encodings(exchange)
        media_type = media_type_of(exchange)
        request = await (self._from_json(exchange) if is_json(media_type) else self._from_bytes(exchange, media_type))
        request.request_id = request.request_id or exchange.header(b"idempotency-key")
        if len(request.content) > self._limit:
            raise too_large(self._limit)
        if not request.content:
            raise invalid_fields([FieldError("content", "is missing; give 'text', or 'content' as base64")])
        response = await self._call(request)
        await exchange.respond_json(self._write(response.document))

    async def _from_json(self, exchange: Exchange) -> Request:
        body = await exchange.body(self._limit * 4 // 3 + _JSON_ROOM)
        request, errors = await off_loop(len(body), self._read_request, body)
        _refuse_query(exchange, ())
        if errors:
            raise invalid_fields(errors)
        return request

    def _read_request(self, body: bytes) -> tuple[Request, list[FieldError]]:
        value = read_json(body) if body else {}
        request, errors = Request(), list[FieldError]()
        text = value.pop("text", None) if isinstance(value, dict) else None
        self._read(value, request, "", errors)
        if text is not None:
            errors += _take_text(text, request)
        return request, errors

    async def _from_bytes(self, exchange: Exchange, media_type: str) -> Request:
        if media_type in _FORMS:
            detail = f"the body's Content-Type is {media_type!r}; send the document's own, such as text/markdown"
            raise HttpProblem(415, "UNSUPPORTED_MEDIA_TYPE", detail)
        query = _refuse_query(exchange, ("title", "source"))
        # Nobody knows more than that it is bytes: the retriever looks at the source's ending and the content.
        known_type = "" if media_type == "application/octet-stream" else media_type
        content = await exchange.body(self._limit)
        return Request(
            title=query.get("title", ""), source=query.get("source", ""), media_type=known_type, content=content
        )


def _take_text(text: Any, request: Request) -> list[FieldError]:
    if not isinstance(text, str):
        return [FieldError("text", "must be a string")]
    if request.content:
        return [FieldError("text", "cannot be given together with 'content'")]
    request.content = text.encode()
    if not request.media_type and not request.source:
        request.media_type = "text/plain"
    return []


def _refuse_query(exchange: Exchange, known: tuple[str, ...]) -> dict[str, str]:
    query = exchange.query()
    unknown = [name for name in query if name not in known]
    if unknown:
        message = f"is an unknown query parameter; known are: {', '.join(known) or 'none'}"
        raise invalid_fields([FieldError(name, message) for name in unknown])
    return {name: values[-1] for name, values in query.items()}
