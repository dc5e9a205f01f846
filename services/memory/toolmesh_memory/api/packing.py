"""Between the contract's messages and the domain's data."""

from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from toolmesh.chat.v1 import message_pb2
from toolmesh.memory.v1 import artifact_pb2, session_pb2
from toolmesh_core.errors import InvalidInput
from toolmesh_memory.domain.artifact import Artifact
from toolmesh_memory.domain.session import Message, Role, Session, SessionMessage, ToolCall

_ROLES: dict[int, Role] = {
    message_pb2.ROLE_SYSTEM: "system",
    message_pb2.ROLE_USER: "user",
    message_pb2.ROLE_ASSISTANT: "assistant",
    message_pb2.ROLE_TOOL: "tool",
}
_ROLE_NUMBERS = {role: number for number, role in _ROLES.items()}


def unpack_message(message: message_pb2.Message, position: int) -> Message:
    """One message of a request; InvalidInput names its field where the role is missing."""
    role = _ROLES.get(message.role)
    if role is None:
        raise InvalidInput(
            f"messages[{position}].role is {message.role}: set ROLE_SYSTEM, ROLE_USER, ROLE_ASSISTANT or ROLE_TOOL",
            field=f"messages[{position}].role",
        )
    calls = tuple(ToolCall(call.id, call.tool, call.arguments_json) for call in message.tool_calls)
    return Message(role, message.content, calls, message.tool_call_id, message.tool)


def pack_message(entry: SessionMessage) -> session_pb2.SessionMessage:
    """A message with its place."""
    message = entry.message
    calls = [
        message_pb2.ToolCall(id=call.id, tool=call.tool, arguments_json=call.arguments_json)
        for call in message.tool_calls
    ]
    packed = message_pb2.Message(
        role=message_pb2.Role.ValueType(_ROLE_NUMBERS[message.role]),
        content=message.content,
        tool_calls=calls,
        tool_call_id=message.tool_call_id,
        tool=message.tool,
    )
    time = pack_time(entry.create_time)
    return session_pb2.SessionMessage(sequence=entry.sequence, message=packed, run=entry.run, create_time=time)


def pack_session(session: Session) -> session_pb2.Session:
    """A session."""
    return session_pb2.Session(
        id=session.id,
        user=session.user,
        title=session.title,
        message_count=session.message_count,
        create_time=pack_time(session.create_time),
        update_time=pack_time(session.update_time),
    )


def pack_artifact(artifact: Artifact) -> artifact_pb2.Artifact:
    """What is known of an artifact."""
    return artifact_pb2.Artifact(
        id=artifact.id,
        user=artifact.user,
        media_type=artifact.media_type,
        file_name=artifact.file_name,
        size_bytes=artifact.size_bytes,
        create_time=pack_time(artifact.create_time),
    )


def pack_time(time: datetime) -> Timestamp:
    """A moment, to the microsecond."""
    packed = Timestamp()
    packed.FromDatetime(time)
    return packed
