"""llama.cpp's server in this process, by xllamacpp: continuous batching, prompt cache, streams that can be stopped.

Completions go straight into it from threads. Tokenising and chat templates exist only behind its HTTP face, which is
bound to a Unix socket in a folder that nobody else may enter, and wants a key besides.
"""

import asyncio
import secrets
import tempfile
from collections.abc import AsyncGenerator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson

from toolmesh_core.errors import Unavailable
from toolmesh_inference.adapters.openmp import spin_briefly
from toolmesh_inference.adapters.thread_stream import ThreadStream

Json = dict[str, Any]
# Also how often a running prompt looks whether its caller is still there.
_BATCH_TOKENS = 512
_ERRORS_ONLY = 1


@dataclass(frozen=True)
class LlamaServerOptions:
    """How a model is loaded.

    Attributes:
        threads: for one token at a time.
        prompt_threads: for prompts, many tokens at a time.
        adapters: in the order of their ids.
    """

    model: Path
    context_tokens: int
    parallel_requests: int
    threads: int
    prompt_threads: int
    prompt_cache_mib: int
    adapters: Sequence[Path] = ()


class LlamaServer:
    """A loaded model. Bodies and replies are those of llama.cpp's /v1/completions."""

    def __init__(
        self,
        server: Any,
        threads: ThreadPoolExecutor,
        http: httpx.AsyncClient,
        folder: "tempfile.TemporaryDirectory[str]",
    ) -> None:
        self._server = server
        self._threads = threads
        self._http = http
        self._folder = folder

    @classmethod
    async def open(cls, options: LlamaServerOptions) -> "LlamaServer":
        """Loads a model in a thread.

        Raises:
            Unavailable: llama.cpp cannot load the files.
        """
        folder = tempfile.TemporaryDirectory(prefix="toolmesh-llm-")
        socket, key = f"{folder.name}/http.sock", secrets.token_hex(16)
        # One thread a request at work, and one for each that is still stopping.
        threads = ThreadPoolExecutor(2 * options.parallel_requests, thread_name_prefix="llama")
        http = httpx.AsyncClient(
            transport=httpx.AsyncHTTPTransport(uds=socket, limits=httpx.Limits(max_connections=8)),
            base_url="http://llama",
            headers={"Authorization": f"Bearer {key}"},
            timeout=60.0,
        )
        try:
            server = await asyncio.get_running_loop().run_in_executor(threads, _load, options, socket, key)
        except RuntimeError as error:
            threads.shutdown(wait=False)
            await http.aclose()
            folder.cleanup()
            names = ", ".join(str(path) for path in (options.model, *options.adapters))
            raise Unavailable(f"llama.cpp cannot load {names}: is each file whole and made for it?") from error
        return cls(server, threads, http, folder)

    async def complete(self, body: Json) -> Json:
        """One completion, not streamed; an error comes as {"error": {...}}."""
        replies: list[bytes] = []
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._threads, self._run, orjson.dumps(body), replies.append)
        return _parsed(replies[-1])

    async def stream(self, body: Json) -> AsyncGenerator[list[Json], None]:
        """The chunks of a completion, as many at a time as have come; closed, it returns once the model stopped."""
        chunks: ThreadStream[Json] = ThreadStream()
        data = orjson.dumps({**body, "stream": True, "return_progress": True})
        work = asyncio.get_running_loop().run_in_executor(self._threads, self._run_streaming, data, chunks)
        try:
            while batch := await chunks.take():
                yield batch
        finally:
            chunks.stop()
            await asyncio.wait([work])
        await work

    async def tokens_of(self, text: str, *, add_special: bool) -> list[int]:
        """The token ids of a text, as a prompt is read."""
        reply = await self._post("/tokenize", {"content": text, "add_special": add_special, "parse_special": True})
        return list(reply["tokens"])

    async def prompt_of(self, messages: Sequence[Json]) -> str:
        """A conversation laid out by the model's chat template; goes on from an assistant's last message."""
        return str((await self._post("/apply-template", {"messages": list(messages)}))["prompt"])

    async def close(self) -> None:
        """Unloads the model."""
        await self._http.aclose()
        await asyncio.get_running_loop().run_in_executor(self._threads, self._unload)
        self._threads.shutdown()
        self._folder.cleanup()

    async def _post(self, path: str, body: Json) -> Json:
        try:
            reply = await self._http.post(path, content=orjson.dumps(body))
        except httpx.HTTPError as error:
            raise Unavailable(f"the llama.cpp engine does not answer: {error}") from error
        parsed = _parsed(reply.content)
        if reply.status_code != httpx.codes.OK:
            raise Unavailable(f"the llama.cpp engine refused {path}: {parsed.get('error', parsed)}")
        return parsed

    def _run(self, data: bytes, on_reply: Any) -> None:
        self._server.handle_completions(data, on_reply)

    def _run_streaming(self, data: bytes, chunks: ThreadStream[Json]) -> None:
        try:
            if not chunks.stopped:
                self._server.handle_completions(data, lambda chunk: chunks.put(_parsed(chunk)))
        finally:
            chunks.end()

    def _unload(self) -> None:
        # Its destructor stops llama.cpp's threads and waits for them.
        self._server = None


def _load(options: LlamaServerOptions, socket: str, key: str) -> Any:
    spin_briefly()
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(options.model)
    params.n_parallel = options.parallel_requests
    params.n_ctx = options.context_tokens * options.parallel_requests
    params.n_batch = _BATCH_TOKENS
    params.cpuparams.n_threads = options.threads
    params.cpuparams_batch.n_threads = options.prompt_threads
    params.cache_ram_mib = options.prompt_cache_mib
    params.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(str(path), 0.0) for path in options.adapters]
    params.hostnames = [socket]
    params.api_keys = [key]
    params.warmup = False
    params.ui = False
    params.verbosity = _ERRORS_ONLY
    server = xllamacpp.Server(params)
    # The first completion warms the model up. Besides, a server that is destroyed before its loop runs never ends.
    server.handle_completions(orjson.dumps({"prompt": " ", "max_tokens": 1, "cache_prompt": False}), lambda _: None)
    return server


def _parsed(data: bytes) -> Json:
    parsed: Json = orjson.loads(data)
    return parsed
