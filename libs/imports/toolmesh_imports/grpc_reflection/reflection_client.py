"""Reads a server's descriptors by gRPC server reflection, v1 or else v1alpha.

grpcio-reflection has the messages of v1alpha only. Those of v1 are the same, field by field and number by number
(grpc/reflection/v1/reflection.proto), and a message's package is not on the wire, so they serve for both.
"""

from collections.abc import Sequence

import grpc
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.message import DecodeError
from grpc_reflection.v1alpha.reflection_pb2 import ServerReflectionRequest, ServerReflectionResponse

from toolmesh_core.errors import DeadlineExceeded, FailedPrecondition, InvalidInput, ToolMeshError, Unavailable
from toolmesh_imports.grpc_reflection.comments import one_line
from toolmesh_imports.grpc_reflection.descriptor_files import (
    MAX_DESCRIPTOR_BYTES,
    bad_descriptors,
    missing_files,
    service_names,
)
from toolmesh_imports.grpc_reflection.secret_metadata import CallMetadata

VERSIONS = ("v1", "v1alpha")
_MOST_FILES = 5000


class ReflectionClient:
    """Asks one server.

    Args:
        address: for errors.
        timeout_s: of each question.
    """

    def __init__(self, channel: grpc.aio.Channel, address: str, metadata: CallMetadata, timeout_s: float) -> None:
        self._channel = channel
        self._address = address
        self._metadata = metadata
        self._timeout_s = timeout_s
        self._bytes = 0
        self._files: dict[str, FileDescriptorProto] = {}
        self._defined: set[str] = set()
        self.version = VERSIONS[0]

    async def list_services(self) -> list[str]:
        """Full names, sorted; finds out which version the server speaks.

        Raises:
            FailedPrecondition: the server has no reflection.
            Unavailable, ToolMeshError: it cannot be reached, or refuses.
        """
        for version in VERSIONS:
            self.version = version
            try:
                response = await self._ask(ServerReflectionRequest(list_services=""))
            except grpc.aio.AioRpcError as error:
                if error.code() is grpc.StatusCode.UNIMPLEMENTED:
                    continue
                failure = self._failure(error)
            else:
                return sorted({service.name for service in response.list_services_response.service})
            raise failure
        raise FailedPrecondition(
            f"{self._address} has no gRPC reflection, neither v1 nor v1alpha; switch it on or give a descriptor set",
            reason="NO_REFLECTION",
        )

    async def read_files(self, services: Sequence[str]) -> dict[str, FileDescriptorProto]:
        """The files that define the services, with all that these import; by name.

        Raises:
            InvalidInput: BAD_DESCRIPTORS, a file is missing, broken, or there is too much.
        """
        for service in services:
            if service not in self._defined:
                await self._add(ServerReflectionRequest(file_containing_symbol=service))
            if service not in self._defined:
                raise self._wrong(f"it lists the service {service!r}, but has no file that defines it")
        while missing := missing_files(self._files):
            for importer, name in missing:
                await self._add(ServerReflectionRequest(file_by_filename=name))
                if name not in self._files:
                    raise self._wrong(f"file {importer!r} imports {name!r}, which it does not have")
        return self._files

    async def _add(self, request: ServerReflectionRequest) -> None:
        """The files of an answer; none where the server has none."""
        try:
            response = await self._ask(request)
        except grpc.aio.AioRpcError as error:
            failure = self._failure(error)
        else:
            for serialized in response.file_descriptor_response.file_descriptor_proto:
                self._add_file(serialized)
            return
        raise failure

    def _add_file(self, serialized: bytes) -> None:
        self._bytes += len(serialized)
        if self._bytes > MAX_DESCRIPTOR_BYTES or len(self._files) > _MOST_FILES:
            raise self._wrong(f"they have over {MAX_DESCRIPTOR_BYTES} bytes or {_MOST_FILES} files")
        try:
            file = FileDescriptorProto.FromString(serialized)
        except DecodeError as error:
            raise self._wrong("one of them cannot be read") from error
        if file.name not in self._files:
            self._files[file.name] = file
            self._defined |= set(service_names(file))

    async def _ask(self, request: ServerReflectionRequest) -> ServerReflectionResponse:
        """One question, one stream: some servers answer but one a stream, others leave out what they sent before.

        Called as if the method took a single request, which is the same on the wire: where a server ends a stream of
        requests at once, since it does not know the method, gRPC may report its own failed write in place of that.
        """
        method = self._channel.unary_stream(
            f"/grpc.reflection.{self.version}.ServerReflection/ServerReflectionInfo",
            request_serializer=ServerReflectionRequest.SerializeToString,
            response_deserializer=ServerReflectionResponse.FromString,
        )
        call = method(request, timeout=self._timeout_s, metadata=self._metadata.pairs)
        try:
            async for response in call:
                return response
        finally:
            call.cancel()
        raise FailedPrecondition(f"{self._address} ended reflection without an answer", reason="NO_REFLECTION")

    def _wrong(self, problem: str) -> InvalidInput:
        return bad_descriptors(
            f"the descriptors of {self._address} are wrong: {one_line(problem, 300)}; mend it there, choose other "
            "services, or give a descriptor set"
        )

    def _failure(self, error: grpc.aio.AioRpcError) -> ToolMeshError:
        code = error.code()
        said = one_line(self._metadata.clean(error.details() or ""), 300)
        if code is grpc.StatusCode.UNAVAILABLE:
            return Unavailable(f"{self._address} cannot be reached: {said}")
        if code is grpc.StatusCode.DEADLINE_EXCEEDED:
            return DeadlineExceeded(f"{self._address} did not describe itself within {self._timeout_s:g} s")
        return FailedPrecondition(
            f"{self._address} refused reflection with {code.name}: {said}; allow it there or give a descriptor set",
            reason="REFLECTION_REFUSED",
        )
