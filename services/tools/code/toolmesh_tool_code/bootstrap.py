"""Opens what the code interpreter needs, and finds out at the start whether a sandbox works here."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from toolmesh_core.channel import TlsFiles
from toolmesh_core.clock import SystemClock
from toolmesh_core.errors import Unavailable
from toolmesh_tool_code.adapters.artifact_reader import ArtifactReader
from toolmesh_tool_code.adapters.python_place import find_python
from toolmesh_tool_code.adapters.sandbox_process import Launch, is_true_root
from toolmesh_tool_code.adapters.session import Session, open_session
from toolmesh_tool_code.adapters.session_cgroup import SessionCgroups
from toolmesh_tool_code.adapters.session_pool import SessionPool
from toolmesh_tool_code.domain.limits import AnswerLimits, SandboxLimits
from toolmesh_tool_code.settings import CodeSettings
from toolmesh_toolkit import ToolsUnavailable


@dataclass(frozen=True, slots=True)
class Desk:
    """What the tools find in their context."""

    pool: SessionPool
    artifacts: ArtifactReader
    max_time_limit_s: float
    max_sent_bytes: int


@asynccontextmanager
async def open_desk(settings: CodeSettings) -> AsyncIterator[Desk]:
    """The desk for the life of the process.

    Raises:
        ToolsUnavailable: no sandbox works here; the message says what is missing.
    """
    try:
        launch = await asyncio.to_thread(_launch, settings)
        cgroups = _cgroups(settings, launch.limits)
        await _try_out(launch, answer_limits(settings), cgroups)
    except Unavailable as error:
        raise ToolsUnavailable(error.message) from error

    async def open_one() -> Session:
        return await open_session(launch, answer_limits(settings), cgroups)

    pool = SessionPool(
        open_one,
        SystemClock(),
        most=settings.max_sessions,
        most_per_user=settings.max_sessions_per_user,
        idle_s=settings.session_idle_s,
    )
    artifacts = ArtifactReader(settings.memory_address, _tls(settings))
    tending = asyncio.create_task(pool.tend_forever())
    try:
        yield Desk(pool, artifacts, settings.max_time_limit_s, settings.max_sent_bytes)
    finally:
        await artifacts.close()
        tending.cancel()
        await pool.close()
        with suppress(asyncio.CancelledError):
            await tending


def _tls(settings: CodeSettings) -> TlsFiles | None:
    if settings.tls_ca_file is None:
        return None
    return TlsFiles(settings.tls_ca_file, settings.tls_cert_file, settings.tls_key_file)


async def _try_out(launch: Launch, limits: AnswerLimits, cgroups: SessionCgroups) -> None:
    """Opens a session, which checks from within that it is tight, and ends it."""
    session = await open_session(launch, limits, cgroups)
    await session.end("it was a trial")


def _launch(settings: CodeSettings) -> Launch:
    return Launch(
        bubblewrap=settings.bubblewrap,
        python=find_python(settings.python, settings.data_dir),
        limits=SandboxLimits(
            memory_mb=settings.memory_mb,
            disk_mb=settings.disk_mb,
            processes=settings.max_processes,
            files=settings.max_files,
            cpu_s=settings.cpu_s,
        ),
        becomes_nobody=is_true_root(),
    )


def answer_limits(settings: CodeSettings) -> AnswerLimits:
    """What one answer may hold."""
    return AnswerLimits(
        characters=settings.max_output_chars,
        images=settings.max_images,
        image_bytes=settings.max_image_bytes,
        returned_bytes=settings.max_returned_bytes,
    )


def _cgroups(settings: CodeSettings, limits: SandboxLimits) -> SessionCgroups:
    return SessionCgroups([Path(part.strip()) for part in settings.cgroup_dirs.split(",") if part.strip()], limits)
