"""One method of a foreign service as a tool: JSON text in, JSON text out."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import grpc

from toolmesh.tool.v1 import tool_pb2
from toolmesh_core.call_context import remaining_s
from toolmesh_core.errors import DeadlineExceeded, ToolError, ToolMeshError
from toolmesh_imports.grpc_reflection.call_errors import error_of_call
from toolmesh_imports.grpc_reflection.grpc_peer import GrpcPeer
from toolmesh_imports.grpc_reflection.json_messages import ReplyReader, RequestWriter, too_large
from toolmesh_imports.grpc_reflection.options import ImportOptions
from toolmesh_imports.grpc_reflection.secret_metadata import CallMetadata


@dataclass(frozen=True, slots=True)
class MethodTool:
    """What there is to know of a method before it can be called.

    Attributes:
        path: "/package.Service/Method".
        streams: it gives any number of replies.
    """

    definition: tool_pb2.Tool
    path: str
    streams: bool
    requests: RequestWriter
    replies: ReplyReader


class GrpcTool:
    """A method that can be called.

    Attributes:
        definition: the tool as the contract has it.
        full_name: "package.Service.Method".
        streams: it gives any number of replies, and their list is its output.
    """

    def __init__(self, method: MethodTool, channel: grpc.aio.Channel, peer: GrpcPeer, options: ImportOptions) -> None:
        self.definition = method.definition
        self.full_name = method.path[1:].replace("/", ".")
        self.streams = method.streams
        self._method = method
        self._peer = peer
        self._options = options
        start: Any = channel.unary_stream if method.streams else channel.unary_unary
        self._start = start(method.path)

    @property
    def name(self) -> str:
        """The tool's name."""
        return str(self.definition.name)

    async def call(self, arguments_json: str = "{}") -> str:
        """The output as JSON text: the reply, or the list of all replies of a stream.

        Raises:
            InvalidInput: the arguments are wrong.
            ToolError: the service said no, its output is too large or cannot be read, or a secret is missing.
            Unavailable, DeadlineExceeded: no answer, or none in time.
        """
        if not self.streams:
            return await self._one_reply(arguments_json)
        async with aclosing(self.replies(arguments_json)) as replies:
            return f"[{','.join([reply async for reply in replies])}]"

    async def replies(self, arguments_json: str = "{}") -> AsyncGenerator[str]:
        """Each reply as JSON text, as soon as it is there; ending early ends the call. Raises as `call` does."""
        if not self.streams:
            yield await self._one_reply(arguments_json)
            return
        request = self._method.requests.write(arguments_json)
        metadata = await self._peer.read_metadata()
        call = self._start(request, timeout=self._timeout_s(), metadata=metadata.pairs)
        failure: ToolError | ToolMeshError | None = None
        bounds = _Bounds(self._options)
        try:
            async for content in call:
                reply = metadata.clean(self._method.replies.read(content))
                bounds.take(reply)
                yield reply
        except grpc.aio.AioRpcError as error:
            failure = self._error(error, metadata)
        finally:
            call.cancel()
        if failure is not None:
            raise failure

    async def _one_reply(self, arguments_json: str) -> str:
        request = self._method.requests.write(arguments_json)
        metadata = await self._peer.read_metadata()
        try:
            content = await self._start(request, timeout=self._timeout_s(), metadata=metadata.pairs)
        except grpc.aio.AioRpcError as error:
            failure = self._error(error, metadata)
        else:
            return metadata.clean(self._method.replies.read(content))
        # Outside the handler: gRPC's own error would come along, with whatever the service wrote into it.
        raise failure

    def _timeout_s(self) -> float:
        left = remaining_s()
        if left is not None and left <= 0:
            raise DeadlineExceeded(f"no time left to call {self.name!r}; allow the request more time")
        return self._options.timeout_s if left is None else min(left, self._options.timeout_s)

    def _error(self, error: grpc.aio.AioRpcError, metadata: CallMetadata) -> ToolError | ToolMeshError:
        return error_of_call(error, self.name, self._peer.address, metadata)


class _Bounds:
    """What is left of the room for one stream."""

    def __init__(self, options: ImportOptions) -> None:
        self._options = options
        self._messages = 0
        self._bytes = 0

    def take(self, reply: str) -> None:
        self._messages += 1
        if self._messages > self._options.max_messages:
            raise ToolError(
                f"the stream has over {self._options.max_messages} messages and was ended: ask for fewer",
                reason="STREAM_TOO_LONG",
            )
        self._bytes += len(reply.encode())
        if self._bytes > self._options.max_output_bytes:
            raise too_large(self._options.max_output_bytes)
