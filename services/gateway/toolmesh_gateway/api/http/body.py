"""The JSON body of a request: its media type, its size, its value."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from toolmesh_gateway.api.http.exchange import Exchange
from toolmesh_gateway.api.http.problem import HttpProblem
from toolmesh_gateway.api.transcoding.json_text import read_json

T = TypeVar("T")
# Above this, parsing would hold up other requests for milliseconds, so a thread does it.
LARGE_BYTES = 128 * 1024


async def read_json_body(exchange: Exchange, limit: int) -> Any:
    """The value of a JSON body; {} where the body is empty."""
    refuse_other_media_types(exchange)
    body = await exchange.body(limit)
    if not body:
        return {}
    return await off_loop(len(body), read_json, body)


async def off_loop(size: int, work: Callable[[Any], T], argument: Any) -> T:
    """Does CPU work on `size` bytes: at once where they are few, else in a thread."""
    return work(argument) if size < LARGE_BYTES else await asyncio.to_thread(work, argument)


def media_type_of(exchange: Exchange) -> str:
    """The body's media type without its parameters, in lower case; empty where none is said."""
    return exchange.header(b"content-type").partition(";")[0].strip().lower()


def is_json(media_type: str) -> bool:
    """Whether a body of this type is read as JSON; one without a type is."""
    return media_type in ("", "application/json") or media_type.endswith("+json")


def refuse_other_media_types(exchange: Exchange) -> None:
    """415 unless the body says it is plain JSON."""
    media_type = media_type_of(exchange)
    if not is_json(media_type):
        detail = f"the body's Content-Type is {media_type!r}; send application/json"
        raise HttpProblem(415, "UNSUPPORTED_MEDIA_TYPE", detail, headers=[(b"accept", b"application/json")])
    refuse_encodings(exchange)


def refuse_encodings(exchange: Exchange) -> None:
    """415 for a compressed body: its real size is not known before it is unpacked."""
    encoding = exchange.header(b"content-encoding")
    if encoding not in ("", "identity"):
        detail = f"the body's Content-Encoding is {encoding!r}; send it uncompressed"
        raise HttpProblem(415, "UNSUPPORTED_ENCODING", detail, headers=[(b"accept-encoding", b"identity")])
