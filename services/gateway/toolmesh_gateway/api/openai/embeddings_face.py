"""POST /v1/embeddings: texts as vectors, in OpenAI's shape."""

import asyncio
import base64
import struct
from typing import Any

from toolmesh.inference.v1 import inference_service_pb2
from toolmesh_gateway.api.http.body import read_json_body
from toolmesh_gateway.api.http.exchange import Exchange
from toolmesh_gateway.api.http.problem import invalid_fields
from toolmesh_gateway.api.openai.fields import Fields
from toolmesh_gateway.api.transcoding.json_text import write_json
from toolmesh_gateway.api.transcoding.reading import FieldError, describe
from toolmesh_gateway.app.ports import SingleCall

# What one Embed takes.
_TEXTS_A_CALL = 256
_MAX_TEXTS = 2048
_KNOWN = frozenset(("input", "model", "encoding_format", "dimensions", "user"))
Response = inference_service_pb2.EmbedResponse


class EmbeddingsFace:
    """Embeds texts."""

    def __init__(self, embed: SingleCall, limit: int) -> None:
        self._embed = embed
        self._limit = limit

    async def __call__(self, exchange: Exchange) -> None:
        """Answers."""
        errors: list[FieldError] = []
        fields = Fields(await read_json_body(exchange, self._limit), "", errors)
        texts = _texts(fields)
        model, dimensions = fields.text("model"), fields.integer("dimensions", 1, 2**20)
        as_base64 = _wants_base64(fields)
        for name in fields.names():
            if name not in _KNOWN:
                fields.wrong(name, "is not supported here; leave it out")
        if errors:
            raise invalid_fields(errors)
        responses = await self._embed_all(model, texts)
        if dimensions is not None and dimensions != responses[0].dimensions:
            message = f"must be {responses[0].dimensions}, what the model gives, got {dimensions}"
            raise invalid_fields([FieldError("dimensions", message)])
        body = await asyncio.to_thread(_answer, responses, as_base64)
        await exchange.respond(200, body)

    async def _embed_all(self, model: str, texts: list[str]) -> list[Response]:
        batches = [texts[start : start + _TEXTS_A_CALL] for start in range(0, len(texts), _TEXTS_A_CALL)]
        requests = [inference_service_pb2.EmbedRequest(model=model, texts=batch) for batch in batches]
        # One after the other: a model does them one after the other anyway.
        return [await self._embed(request) for request in requests]


def _texts(fields: Fields) -> list[str]:
    value = fields.get("input")
    if isinstance(value, str) and value:
        return [value]
    texts = value if isinstance(value, list) else []
    if not texts or not all(isinstance(text, str) and text for text in texts):
        got = "nothing" if value is None else describe(value)
        fields.wrong("input", f"must be a text or an array of texts, none empty; tokens are not taken; got {got}")
    elif len(texts) > _MAX_TEXTS:
        fields.wrong("input", f"must hold at most {_MAX_TEXTS} texts, got {len(texts)}")
    return texts


def _wants_base64(fields: Fields) -> bool:
    wanted = fields.get("encoding_format")
    if wanted not in (None, "float", "base64"):
        fields.wrong("encoding_format", f"must be 'float' or 'base64', got {describe(wanted)}")
    return bool(wanted == "base64")


def _answer(responses: list[Response], as_base64: bool) -> bytes:
    vectors = [vector for response in responses for vector in response.vectors]
    data = [
        {"object": "embedding", "index": index, "embedding": _vector(vector, as_base64)}
        for index, vector in enumerate(vectors)
    ]
    tokens = sum(response.usage.prompt_tokens for response in responses)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return write_json({"object": "list", "data": data, "model": responses[0].model, "usage": usage})


def _vector(vector: bytes, as_base64: bool) -> Any:
    # float32, little endian: what OpenAI's base64 holds, too.
    return base64.b64encode(vector).decode() if as_base64 else struct.unpack(f"<{len(vector) // 4}f", vector)
