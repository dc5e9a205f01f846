"""Sessions in memory over gRPC."""

from collections.abc import Sequence

import grpc

from toolmesh.chat.v1.message_pb2 import Message
from toolmesh.memory.v1 import memory_service_pb2, memory_service_pb2_grpc
from toolmesh_core.errors import AlreadyExists, NotFound


class GrpcMemory:
    """The Memory port."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = memory_service_pb2_grpc.MemoryServiceStub(channel)

    async def open_session(self, user: str, session: str, most_messages: int) -> list[Message]:
        """The newest messages of a session, oldest first; makes the session where there is none."""
        create = memory_service_pb2.CreateSessionRequest(user=user, session=session)
        try:
            await self._stub.CreateSession(create)
        except AlreadyExists as error:
            raise NotFound(f"you have no session '{session}'; choose another id", reason="SESSION_NOT_FOUND") from error
        listing = memory_service_pb2.ListMessagesRequest(
            user=user, session=session, page_size=most_messages, newest_first=True
        )
        response = await self._stub.ListMessages(listing)
        return [message.message for message in reversed(response.messages)]

    async def append(self, user: str, session: str, run: str, messages: Sequence[Message]) -> None:
        """Adds a run's messages to its session; once, however often it is called."""
        request = memory_service_pb2.AppendMessagesRequest(
            user=user, session=session, messages=messages, run=run, request_id=run
        )
        await self._stub.AppendMessages(request)
