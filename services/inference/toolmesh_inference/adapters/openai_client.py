"""HTTP to a server that speaks OpenAI's API, and its failures in the terms of our error tree."""

from collections.abc import AsyncGenerator
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson

from toolmesh_core.errors import InvalidInput, ResourceExhausted, ToolMeshError, Unavailable

Json = dict[str, Any]
_CONNECT_S = 5.0
# Between two chunks; a big model may think that long about a long prompt.
_READ_S = 300.0


class OpenAiClient:
    """Calls one server.

    Args:
        base_url: up to and with /v1.
        api_key: empty sends none.
        model: our id of the model, for errors.
    """

    def __init__(self, base_url: str, api_key: str, model: str) -> None:
        self._model = model
        self._base_url = base_url.rstrip("/")
        self._http = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {api_key}"} if api_key else {},
            timeout=httpx.Timeout(_READ_S, connect=_CONNECT_S),
        )

    async def complete(self, path: str, body: Json) -> Json:
        """One reply as a whole."""
        try:
            reply = await self._http.post(self._base_url + path, content=orjson.dumps(body), headers=_JSON)
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error
        return self._checked(reply, reply.content)

    async def stream(self, path: str, body: Json) -> AsyncGenerator[Json, None]:
        """The chunks of a reply; closing it closes the connection, on which the server stops."""
        wanted = {**body, "stream": True, "stream_options": {"include_usage": True}}
        request = self._http.build_request("POST", self._base_url + path, content=orjson.dumps(wanted), headers=_JSON)
        try:
            reply = await self._http.send(request, stream=True)
            try:
                if reply.status_code != httpx.codes.OK:
                    self._checked(reply, await reply.aread())
                async for line in reply.aiter_lines():
                    data = line.removeprefix("data:").strip()
                    if data == "[DONE]":
                        return
                    if line.startswith("data:"):
                        yield self._chunk(data)
            finally:
                await reply.aclose()
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error

    async def count_tokens(self, model: str, text: str) -> int:
        """By /tokenize where the server has it (vLLM, SGLang, llama.cpp), else by the usage of a tiny completion."""
        parts = urlsplit(self._base_url)
        root = f"{parts.scheme}://{parts.netloc}{parts.path.removesuffix('/v1')}"
        body = {"model": model, "prompt": text, "content": text, "add_special_tokens": False}
        try:
            reply = await self._http.post(f"{root}/tokenize", content=orjson.dumps(body), headers=_JSON)
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error
        if reply.status_code == httpx.codes.OK:
            told = self._parsed(reply.content)
            return int(told["count"] if "count" in told else len(told["tokens"]))
        tiny = await self.complete("/completions", {"model": model, "prompt": text, "max_tokens": 1})
        return int(tiny["usage"]["prompt_tokens"])

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    def _chunk(self, data: str) -> Json:
        chunk = self._parsed(data.encode())
        if "error" in chunk:
            raise Unavailable(f"the server of model {self._model!r} failed: {_message_of(chunk)}")
        return chunk

    def _checked(self, reply: httpx.Response, content: bytes) -> Json:
        if reply.status_code == httpx.codes.OK:
            return self._parsed(content)
        raise self._as_ours(reply, content)

    def _parsed(self, content: bytes) -> Json:
        try:
            parsed = orjson.loads(content)
        except orjson.JSONDecodeError as error:
            raise Unavailable(f"the server of model {self._model!r} answered no JSON: {content[:80]!r}") from error
        if not isinstance(parsed, dict):
            raise Unavailable(f"the server of model {self._model!r} answered no JSON object: {content[:80]!r}")
        return parsed

    def _as_ours(self, reply: httpx.Response, content: bytes) -> ToolMeshError:
        server = f"the server of model {self._model!r}"
        try:
            message = _message_of(self._parsed(content))
        except Unavailable:
            message = content[:200].decode(errors="replace")
        match reply.status_code:
            case 400 | 413 | 422:
                return InvalidInput(f"{server} refused the request: {message}")
            case 401 | 403:
                return Unavailable(f"{server} refused our key; set TOOLMESH_INFERENCE_OPENAI_API_KEY or api_key_env")
            case 404:
                return Unavailable(f"{server} has no such model or endpoint ({reply.url.path}): {message}")
            case 429:
                wait = reply.headers.get("retry-after", "")
                seconds = float(wait) if wait.replace(".", "", 1).isdigit() else None
                return ResourceExhausted(f"{server} is busy: {message}", retry_after_s=seconds)
        return Unavailable(f"{server} failed with {reply.status_code}: {message}")

    def _unreachable(self, error: httpx.HTTPError) -> Unavailable:
        return Unavailable(
            f"the server of model {self._model!r} at {self._base_url} does not answer: "
            f"{type(error).__name__} {error}".rstrip()
        )


_JSON = {"Content-Type": "application/json"}


def _message_of(parsed: Json) -> str:
    error = parsed.get("error", parsed)
    return str(error.get("message", error) if isinstance(error, dict) else error)[:300]
