"""Picks the real parts of the memory service: SQLite for rows, a folder for contents."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from toolmesh.memory.v1 import memory_service_pb2_grpc
from toolmesh_core.clock import SystemClock
from toolmesh_core.service import Service
from toolmesh_core.sqlite_database import SqliteDatabase
from toolmesh_memory.adapters.artifact_folder import open_artifact_folder
from toolmesh_memory.adapters.sqlite_artifact_index import SqliteArtifactIndex
from toolmesh_memory.adapters.sqlite_schema import MIGRATIONS
from toolmesh_memory.adapters.sqlite_session_store import SqliteSessionStore
from toolmesh_memory.api.memory_servicer import Limits, MemoryServicer
from toolmesh_memory.app.artifact_locks import ArtifactLocks
from toolmesh_memory.app.remove_unowned_artifacts import remove_unowned_artifacts
from toolmesh_memory.app.store_artifact import ArtifactParts
from toolmesh_memory.settings import MemorySettings

logger = logging.getLogger(__name__)


@asynccontextmanager
async def bootstrap(settings: MemorySettings) -> AsyncIterator[Service]:
    """Opens the data folder and hands over the service; closes it at the end."""
    async with SqliteDatabase.open(settings.data_dir / "memory.sqlite3", MIGRATIONS) as database:
        files = await asyncio.to_thread(open_artifact_folder, settings.data_dir / "artifacts")
        artifacts = ArtifactParts(SqliteArtifactIndex(database), files, ArtifactLocks(), SystemClock())
        if removed := await remove_unowned_artifacts(artifacts.index, files):
            logger.warning("removed artifacts without an owner", extra={"count": removed})
        limits = Limits(settings.max_append_bytes, settings.max_artifact_bytes)
        servicer = MemoryServicer(SqliteSessionStore(database), artifacts, SystemClock(), limits)
        yield Service(registrations=[(memory_service_pb2_grpc.add_MemoryServiceServicer_to_server, servicer)])
