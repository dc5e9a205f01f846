"""The memory service as a process: restarts, kills, a full disk, bad settings."""

import asyncio
import contextlib
import resource
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from toolmesh.chat.v1.message_pb2 import ROLE_USER, Message
from toolmesh.memory.v1 import memory_service_pb2 as pb
from toolmesh.memory.v1.memory_service_pb2_grpc import MemoryServiceStub
from toolmesh_core.channel import connect
from toolmesh_core.errors import ResourceExhausted, ToolMeshError
from toolmesh_testing import process

PIECE = b"0123456789abcdef" * 2**16
PIECES = 48


async def upload(user: str, pieces: int) -> AsyncIterator[pb.CreateArtifactRequest]:
    yield pb.CreateArtifactRequest(header=pb.ArtifactHeader(user=user))
    for _ in range(pieces):
        yield pb.CreateArtifactRequest(chunk=PIECE)


def files_in(data: Path) -> list[Path]:
    return [path for path in (data / "artifacts").rglob("*") if path.is_file()]


async def test_everything_survives_a_kill_and_a_half_done_upload_does_not(
    process_env: dict[str, str], tmp_path: Path
) -> None:
    async with process("toolmesh_memory", process_env) as first, connect(first.address) as channel:
        memory = MemoryServiceStub(channel)
        await memory.CreateSession(pb.CreateSessionRequest(user="ada", session="s1"))
        turn = Message(role=ROLE_USER, content="hello")
        added = await memory.AppendMessages(pb.AppendMessagesRequest(user="ada", session="s1", messages=[turn]))
        artifact = (await memory.CreateArtifact(upload("ada", 1))).artifact
        writing = asyncio.Event()

        async def stalled() -> AsyncIterator[pb.CreateArtifactRequest]:
            async for request in upload("ada", 2):
                yield request
            writing.set()
            await asyncio.Event().wait()

        call = asyncio.ensure_future(memory.CreateArtifact(stalled()))
        await writing.wait()
        first.kill()
        await first.wait()
        with contextlib.suppress(ToolMeshError):
            await call
    async with process("toolmesh_memory", process_env) as second, connect(second.address) as channel:
        memory = MemoryServiceStub(channel)
        listed = await memory.ListMessages(pb.ListMessagesRequest(user="ada", session="s1"))
        assert listed.messages == added.messages
        assert (await memory.ListArtifacts(pb.ListArtifactsRequest(user="ada"))).artifacts == [artifact]
        assert [path.name for path in files_in(tmp_path / "memory")] == [artifact.id]
        second.terminate()
        assert await second.wait() == 0


async def test_a_large_artifact_never_lies_in_memory_as_a_whole(process_env: dict[str, str]) -> None:
    async with process("toolmesh_memory", process_env) as running, connect(running.address) as channel:
        memory = MemoryServiceStub(channel)
        await memory.CreateArtifact(upload("ada", 1))
        before = peak_bytes(running.pid)
        artifact = (await memory.CreateArtifact(upload("ada", PIECES))).artifact
        size = 0
        async for response in memory.ReadArtifact(pb.ReadArtifactRequest(user="ada", artifact=artifact.id)):
            size += len(response.chunk)
        assert size == PIECES * len(PIECE)
        assert peak_bytes(running.pid) - before < size / 2


def peak_bytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


async def test_a_file_the_system_will_not_let_grow_is_resource_exhausted_and_leaves_nothing(
    process_env: dict[str, str], tmp_path: Path
) -> None:
    async with process("toolmesh_memory", process_env) as running, connect(running.address) as channel:
        memory = MemoryServiceStub(channel)
        resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (2 * 2**20, 2 * 2**20))
        with pytest.raises(ResourceExhausted, match="free space there") as caught:
            await memory.CreateArtifact(upload("ada", 8))
        assert caught.value.reason == "DISK_FULL"
        assert files_in(tmp_path / "memory") == []
        assert (await memory.CreateArtifact(upload("ada", 1))).artifact.size_bytes == len(PIECE)


@pytest.fixture
def small_disk(tmp_path: Path) -> AsyncIterator[Path]:
    disk = tmp_path / "memory"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", disk], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("needs the right to mount a small tmpfs")
    yield disk
    subprocess.run(["umount", disk], check=True)


async def test_a_full_disk_is_resource_exhausted_and_deleting_makes_room_again(
    process_env: dict[str, str], small_disk: Path
) -> None:
    async with process("toolmesh_memory", process_env) as running, connect(running.address) as channel:
        memory = MemoryServiceStub(channel)
        kept = (await memory.CreateArtifact(upload("ada", 2))).artifact
        with pytest.raises(ResourceExhausted, match="free space there"):
            await memory.CreateArtifact(upload("ada", 8))
        assert [path.name for path in files_in(small_disk)] == [kept.id]
        await memory.DeleteArtifact(pb.DeleteArtifactRequest(user="ada", artifact=kept.id))
        assert (await memory.CreateArtifact(upload("ada", 3))).artifact.size_bytes == 3 * len(PIECE)


def test_bad_settings_are_all_listed_and_nothing_starts() -> None:
    bad = {"TOOLMESH_MEMORY_MAX_ARTIFACT_BYTES": "-1", "TOOLMESH_MEMORY_LOG_LEVEL": "LOUD"}
    ended = subprocess.run(
        [sys.executable, "-m", "toolmesh_memory"], env=bad, capture_output=True, text=True, check=False, timeout=30
    )
    assert ended.returncode == 2
    for name in bad:
        assert name in ended.stderr
