"""MemoryService over gRPC: unpacks, calls the use case, packs."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from toolmesh.memory.v1 import memory_service_pb2 as pb
from toolmesh.memory.v1 import memory_service_pb2_grpc
from toolmesh_core.call_context import user_of
from toolmesh_core.clock import Clock
from toolmesh_memory.api.artifact_stream import read_chunks, read_header, refusing_after_the_last_chunk
from toolmesh_memory.api.packing import pack_artifact, pack_message, pack_session, unpack_message
from toolmesh_memory.app.append_messages import append_messages
from toolmesh_memory.app.create_session import create_session
from toolmesh_memory.app.delete_artifact import delete_artifact
from toolmesh_memory.app.delete_session import delete_session
from toolmesh_memory.app.ports import MessageRange, SessionStore
from toolmesh_memory.app.read_artifacts import get_artifact, list_artifacts, read_artifact
from toolmesh_memory.app.read_sessions import get_session, list_messages, list_sessions
from toolmesh_memory.app.store_artifact import ArtifactParts, store_artifact


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one call may carry, in bytes."""

    append_bytes: int
    artifact_bytes: int


class MemoryServicer(memory_service_pb2_grpc.MemoryServiceServicer):
    """Each method is one RPC of the contract."""

    def __init__(self, sessions: SessionStore, artifacts: ArtifactParts, clock: Clock, limits: Limits) -> None:
        self._sessions = sessions
        self._artifacts = artifacts
        self._clock = clock
        self._limits = limits

    async def CreateSession(self, request: pb.CreateSessionRequest, context: Any) -> pb.CreateSessionResponse:
        user = user_of(request.user)
        session = await create_session(self._sessions, self._clock, user, request.session, request.title)
        return pb.CreateSessionResponse(session=pack_session(session))

    async def GetSession(self, request: pb.GetSessionRequest, context: Any) -> pb.GetSessionResponse:
        session = await get_session(self._sessions, user_of(request.user), request.session)
        return pb.GetSessionResponse(session=pack_session(session))

    async def ListSessions(self, request: pb.ListSessionsRequest, context: Any) -> pb.ListSessionsResponse:
        page = await list_sessions(self._sessions, user_of(request.user), request.page_size, request.page_token)
        sessions = [pack_session(session) for session in page.sessions]
        return pb.ListSessionsResponse(sessions=sessions, next_page_token=page.next_page_token)

    async def DeleteSession(self, request: pb.DeleteSessionRequest, context: Any) -> pb.DeleteSessionResponse:
        await delete_session(self._sessions, user_of(request.user), request.session)
        return pb.DeleteSessionResponse()

    async def AppendMessages(self, request: pb.AppendMessagesRequest, context: Any) -> pb.AppendMessagesResponse:
        added = await append_messages(
            self._sessions,
            self._clock,
            user=user_of(request.user),
            session=request.session,
            messages=[unpack_message(message, place) for place, message in enumerate(request.messages)],
            run=request.run,
            request_id=request.request_id,
            max_bytes=self._limits.append_bytes,
        )
        return pb.AppendMessagesResponse(messages=[pack_message(entry) for entry in added])

    async def ListMessages(self, request: pb.ListMessagesRequest, context: Any) -> pb.ListMessagesResponse:
        wanted = MessageRange(request.page_size, self._limits.append_bytes, newest_first=request.newest_first)
        user = user_of(request.user)
        page = await list_messages(self._sessions, user, request.session, wanted, request.page_token)
        messages = [pack_message(entry) for entry in page.messages]
        return pb.ListMessagesResponse(messages=messages, next_page_token=page.next_page_token)

    async def CreateArtifact(
        self, request_iterator: AsyncIterator[pb.CreateArtifactRequest], context: Any
    ) -> pb.CreateArtifactResponse:
        requests = aiter(request_iterator)
        limit = self._limits.artifact_bytes
        async with refusing_after_the_last_chunk(requests, limit):
            described = await read_header(requests)
            async with aclosing(read_chunks(requests)) as chunks:
                artifact = await store_artifact(self._artifacts, described, chunks, limit)
        return pb.CreateArtifactResponse(artifact=pack_artifact(artifact))

    async def GetArtifact(self, request: pb.GetArtifactRequest, context: Any) -> pb.GetArtifactResponse:
        artifact = await get_artifact(self._artifacts.index, user_of(request.user), request.artifact)
        return pb.GetArtifactResponse(artifact=pack_artifact(artifact))

    async def ReadArtifact(
        self, request: pb.ReadArtifactRequest, context: Any
    ) -> AsyncIterator[pb.ReadArtifactResponse]:
        parts = self._artifacts
        pieces = read_artifact(parts.index, parts.files, user_of(request.user), request.artifact)
        async with aclosing(pieces):
            async for piece in pieces:
                yield pb.ReadArtifactResponse(chunk=piece)

    async def ListArtifacts(self, request: pb.ListArtifactsRequest, context: Any) -> pb.ListArtifactsResponse:
        user = user_of(request.user)
        page = await list_artifacts(self._artifacts.index, user, request.page_size, request.page_token)
        artifacts = [pack_artifact(artifact) for artifact in page.artifacts]
        return pb.ListArtifactsResponse(artifacts=artifacts, next_page_token=page.next_page_token)

    async def DeleteArtifact(self, request: pb.DeleteArtifactRequest, context: Any) -> pb.DeleteArtifactResponse:
        await delete_artifact(self._artifacts, user_of(request.user), request.artifact)
        return pb.DeleteArtifactResponse()
