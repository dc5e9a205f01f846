"""Every adapter of memory's ports, so that one suite runs over each of them."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from toolmesh_core.sqlite_database import SqliteDatabase
from toolmesh_memory.adapters.in_memory_store import InMemoryArtifactIndex, InMemorySessionStore
from toolmesh_memory.adapters.sqlite_artifact_index import SqliteArtifactIndex
from toolmesh_memory.adapters.sqlite_schema import MIGRATIONS
from toolmesh_memory.adapters.sqlite_session_store import SqliteSessionStore
from toolmesh_memory.app.ports import ArtifactIndex, SessionStore

Stores = tuple[SessionStore, ArtifactIndex]


@asynccontextmanager
async def in_memory(folder: Path) -> AsyncIterator[Stores]:
    yield InMemorySessionStore(), InMemoryArtifactIndex()


@asynccontextmanager
async def sqlite(folder: Path) -> AsyncIterator[Stores]:
    async with SqliteDatabase.open(folder / "memory.sqlite3", MIGRATIONS) as database:
        yield SqliteSessionStore(database), SqliteArtifactIndex(database)


ADAPTERS: list[Callable[[Path], AbstractAsyncContextManager[Stores]]] = [in_memory, sqlite]


@pytest.fixture(params=ADAPTERS, ids=lambda adapter: adapter.__name__)
async def stores(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stores]:
    async with request.param(tmp_path) as opened:
        yield opened


@pytest.fixture
def sessions(stores: Stores) -> SessionStore:
    return stores[0]


@pytest.fixture
def index(stores: Stores) -> ArtifactIndex:
    return stores[1]
