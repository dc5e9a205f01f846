"""Every RPC of MemoryService over a real channel, in this process."""

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from toolmesh.chat.v1.message_pb2 import ROLE_ASSISTANT, ROLE_TOOL, ROLE_USER, Message, ToolCall
from toolmesh.memory.v1 import memory_service_pb2 as pb
from toolmesh.memory.v1.memory_service_pb2_grpc import MemoryServiceStub
from toolmesh_core.call_context import calling
from toolmesh_core.errors import AlreadyExists, InvalidInput, NotFound, PermissionDenied

TURNS = [
    Message(role=ROLE_USER, content="北京天气?"),
    Message(role=ROLE_ASSISTANT, tool_calls=[ToolCall(id="c1", tool="weather", arguments_json='{"city":"北京"}')]),
    Message(role=ROLE_TOOL, content='{"celsius": 3}', tool_call_id="c1", tool="weather"),
    Message(role=ROLE_ASSISTANT, content="3 °C"),
]


async def requests_of(user: str, *chunks: bytes, name: str = "a.csv") -> AsyncIterator[pb.CreateArtifactRequest]:
    yield pb.CreateArtifactRequest(header=pb.ArtifactHeader(user=user, media_type="text/csv", file_name=name))
    for chunk in chunks:
        yield pb.CreateArtifactRequest(chunk=chunk)


async def read(memory: MemoryServiceStub, user: str, artifact: str) -> bytes:
    pieces = [r.chunk async for r in memory.ReadArtifact(pb.ReadArtifactRequest(user=user, artifact=artifact))]
    assert all(len(piece) <= 2**20 for piece in pieces)
    return b"".join(pieces)


async def begin(memory: MemoryServiceStub, user: str, session: str) -> None:
    await memory.CreateSession(pb.CreateSessionRequest(user=user, session=session, title="T"))


async def test_a_conversation_with_tool_calls_comes_back_as_it_was(memory: MemoryServiceStub) -> None:
    await begin(memory, "ada", "s1")
    added = await memory.AppendMessages(pb.AppendMessagesRequest(user="ada", session="s1", messages=TURNS, run="run_1"))
    listed = await memory.ListMessages(pb.ListMessagesRequest(user="ada", session="s1"))
    assert listed.messages == added.messages
    assert [entry.message for entry in listed.messages] == TURNS
    assert [entry.sequence for entry in listed.messages] == [1, 2, 3, 4]
    session = (await memory.GetSession(pb.GetSessionRequest(user="ada", session="s1"))).session
    assert (session.title, session.message_count) == ("T", 4)
    assert abs(session.update_time.ToDatetime(UTC) - datetime.now(UTC)) < timedelta(minutes=1)


async def test_a_repeated_append_answers_the_same_and_adds_nothing(memory: MemoryServiceStub) -> None:
    await begin(memory, "ada", "s1")
    request = pb.AppendMessagesRequest(user="ada", session="s1", messages=TURNS, request_id="r1")
    assert await memory.AppendMessages(request) == await memory.AppendMessages(request)
    assert len((await memory.ListMessages(pb.ListMessagesRequest(user="ada", session="s1"))).messages) == 4


async def test_messages_are_added_all_or_none(memory: MemoryServiceStub) -> None:
    await begin(memory, "ada", "s1")
    messages = [TURNS[0], Message(content="no role")]
    with pytest.raises(InvalidInput, match=r"messages\[1\].role is 0") as caught:
        await memory.AppendMessages(pb.AppendMessagesRequest(user="ada", session="s1", messages=messages))
    assert caught.value.metadata["field"] == "messages[1].role"
    assert not (await memory.ListMessages(pb.ListMessagesRequest(user="ada", session="s1"))).messages


async def test_an_append_over_the_limit_names_the_limit(memory: MemoryServiceStub) -> None:
    await begin(memory, "ada", "s1")
    large = [Message(role=ROLE_USER, content="x" * 1001)]
    with pytest.raises(InvalidInput, match="1001 bytes, over the limit of 1000"):
        await memory.AppendMessages(pb.AppendMessagesRequest(user="ada", session="s1", messages=large))


async def test_one_user_never_sees_anothers_session(memory: MemoryServiceStub) -> None:
    await begin(memory, "ada", "s1")
    with pytest.raises(NotFound):
        await memory.GetSession(pb.GetSessionRequest(user="bob", session="s1"))
    with pytest.raises(NotFound):
        await memory.ListMessages(pb.ListMessagesRequest(user="bob", session="s1"))
    with pytest.raises(NotFound):
        await memory.AppendMessages(pb.AppendMessagesRequest(user="bob", session="s1", messages=TURNS))
    with pytest.raises(AlreadyExists):
        await begin(memory, "bob", "s1")
    await memory.DeleteSession(pb.DeleteSessionRequest(user="bob", session="s1"))
    assert not (await memory.ListSessions(pb.ListSessionsRequest(user="bob"))).sessions
    assert (await memory.GetSession(pb.GetSessionRequest(user="ada", session="s1"))).session.id == "s1"


async def test_the_key_says_who_the_user_is_and_a_request_cannot_say_otherwise(memory: MemoryServiceStub) -> None:
    await begin(memory, "ada", "s1")
    with calling(user="ada"):
        assert (await memory.GetSession(pb.GetSessionRequest(session="s1"))).session.user == "ada"
    with calling(user="bob"), pytest.raises(PermissionDenied):
        await memory.GetSession(pb.GetSessionRequest(user="ada", session="s1"))
    with pytest.raises(InvalidInput):
        await memory.GetSession(pb.GetSessionRequest(session="s1"))


async def test_pages_go_on_where_the_last_one_ended(memory: MemoryServiceStub) -> None:
    await begin(memory, "ada", "s1")
    await begin(memory, "ada", "s2")
    await memory.AppendMessages(pb.AppendMessagesRequest(user="ada", session="s1", messages=TURNS))
    first = await memory.ListSessions(pb.ListSessionsRequest(user="ada", page_size=1))
    rest = await memory.ListSessions(pb.ListSessionsRequest(user="ada", page_token=first.next_page_token))
    assert [session.id for session in (*first.sessions, *rest.sessions)] == ["s1", "s2"]
    newest = pb.ListMessagesRequest(user="ada", session="s1", page_size=3, newest_first=True)
    page = await memory.ListMessages(newest)
    newest.page_token = page.next_page_token
    assert [entry.sequence for entry in page.messages] == [4, 3, 2]
    assert [entry.sequence for entry in (await memory.ListMessages(newest)).messages] == [1]


async def test_an_artifact_streams_in_and_out_unchanged(memory: MemoryServiceStub) -> None:
    content = os.urandom(2**20 + 2**19)
    created = await memory.CreateArtifact(requests_of("ada", content[: 2**20], content[2**20 :]))
    stored = created.artifact
    assert (stored.size_bytes, stored.media_type, stored.file_name) == (len(content), "text/csv", "a.csv")
    assert await read(memory, "ada", stored.id) == content
    known = await memory.GetArtifact(pb.GetArtifactRequest(user="ada", artifact=stored.id))
    assert known.artifact == stored


async def test_an_artifacts_id_is_worth_nothing_to_others(memory: MemoryServiceStub) -> None:
    stored = (await memory.CreateArtifact(requests_of("ada", b"secret"))).artifact
    with pytest.raises(NotFound):
        await memory.GetArtifact(pb.GetArtifactRequest(user="bob", artifact=stored.id))
    with pytest.raises(NotFound):
        await read(memory, "bob", stored.id)
    await memory.DeleteArtifact(pb.DeleteArtifactRequest(user="bob", artifact=stored.id))
    assert not (await memory.ListArtifacts(pb.ListArtifactsRequest(user="bob"))).artifacts
    assert await read(memory, "ada", stored.id) == b"secret"


async def test_a_deleted_artifact_is_gone_for_its_user_and_stays_for_the_other(memory: MemoryServiceStub) -> None:
    stored = (await memory.CreateArtifact(requests_of("ada", b"shared"))).artifact
    await memory.CreateArtifact(requests_of("bob", b"shared"))
    for _ in range(2):
        await memory.DeleteArtifact(pb.DeleteArtifactRequest(user="ada", artifact=stored.id))
    with pytest.raises(NotFound):
        await read(memory, "ada", stored.id)
    assert await read(memory, "bob", stored.id) == b"shared"


async def streamed(*requests: pb.CreateArtifactRequest) -> AsyncIterator[pb.CreateArtifactRequest]:
    for request in requests:
        yield request


HEADER = pb.CreateArtifactRequest(header=pb.ArtifactHeader(user="ada"))
CHUNK = pb.CreateArtifactRequest(chunk=b"x")


@pytest.mark.parametrize(
    ("requests", "message"),
    [
        ([], "must carry its header"),
        ([CHUNK], "must carry its header"),
        ([HEADER, HEADER], "must carry a chunk"),
        ([HEADER, pb.CreateArtifactRequest()], "must carry a chunk"),
        ([HEADER, pb.CreateArtifactRequest(chunk=b"x" * (2**20 + 1))], "at most 1048576"),
        ([HEADER, *[pb.CreateArtifactRequest(chunk=b"x" * 2**20)] * 5], "over the limit of 4194304 bytes"),
        ([pb.CreateArtifactRequest(header=pb.ArtifactHeader(media_type="x"))], "'user' is empty"),
        ([pb.CreateArtifactRequest(header=pb.ArtifactHeader(user="ada", media_type="x"))], "not a media type"),
    ],
)
async def test_an_upload_that_breaks_the_contract_is_refused_in_one_line(
    memory: MemoryServiceStub, requests: list[pb.CreateArtifactRequest], message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        await memory.CreateArtifact(streamed(*requests))
    assert not (await memory.ListArtifacts(pb.ListArtifactsRequest(user="ada"))).artifacts
