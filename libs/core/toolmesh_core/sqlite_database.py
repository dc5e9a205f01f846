"""SQLite off the event loop: one writer thread that commits waiting writes together, and reader connections."""

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from toolmesh_core.errors import Internal, ResourceExhausted, Unavailable

T = TypeVar("T")
_READERS = 2
_MOST_WRITES_A_COMMIT = 256
_Write = tuple[Callable[[sqlite3.Connection], Any], "Future[Any]"]


class SqliteDatabase:
    """One database file in WAL mode."""

    def __init__(self, path: Path, migrations: Sequence[str]) -> None:
        self._path = path
        self._writes: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._local = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix=f"{path.stem}-read")
        self._writer_connection = _open(path)
        _migrate(self._writer_connection, migrations, path)
        self._writer = threading.Thread(target=self._write_loop, name=f"{path.stem}-write", daemon=True)
        self._writer.start()

    @classmethod
    @asynccontextmanager
    async def open(cls, path: Path, migrations: Sequence[str]) -> AsyncIterator["SqliteDatabase"]:
        """Opens the file, making it and its folder where missing, and brings its schema up to date.

        Args:
            migrations: SQL scripts, each applied once, in order; how many were is kept in `PRAGMA user_version`.

        Raises:
            Unavailable: the file cannot be opened. Internal: it is from a newer version of the platform.
        """
        try:
            database = await asyncio.to_thread(cls, path, migrations)
        except (OSError, sqlite3.Error) as error:
            _raise(error, path)
        try:
            yield database
        finally:
            await asyncio.to_thread(database._close)

    async def read(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Runs a function on a reader connection, in a thread."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, function)
        except sqlite3.Error as error:
            _raise(error, self._path)

    async def write(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Runs a function on the writer connection, in its thread; committed to disk when this returns.

        What raises in the function is raised here, and only this function's changes are undone.
        """
        done: Future[T] = Future()
        self._writes.put((function, done))
        try:
            # Shielded: a caller that goes away does not undo what is already queued.
            return await asyncio.shield(asyncio.wrap_future(done))
        except sqlite3.Error as error:
            _raise(error, self._path)

    def _read(self, function: Callable[[sqlite3.Connection], T]) -> T:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = _open(self._path)
            connection.execute("PRAGMA query_only = ON")
            self._opened.append(connection)
        return function(connection)

    def _write_loop(self) -> None:
        ending = False
        while not ending:
            batch: list[_Write] = []
            item = self._writes.get()
            while item is not None:
                batch.append(item)
                if len(batch) == _MOST_WRITES_A_COMMIT or self._writes.empty():
                    break
                item = self._writes.get()
            ending = item is None
            if batch:
                _commit_together(self._writer_connection, batch)

    def _close(self) -> None:
        self._writes.put(None)
        self._writer.join()
        self._readers.shutdown()
        for connection in (*self._opened, self._writer_connection):
            connection.close()


def _open(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5.0)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode = WAL")
    # FULL: a commit has reached the disk, also when power fails.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _migrate(connection: sqlite3.Connection, migrations: Sequence[str], path: Path) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(migrations):
        raise Internal(f"{path} has schema {version}, this program knows {len(migrations)}; use the newer program")
    for number, script in enumerate(migrations[version:], version + 1):
        connection.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number}; COMMIT;")


def _commit_together(connection: sqlite3.Connection, batch: list[_Write]) -> None:
    """Runs the writes in one transaction; one that raises is undone alone and told to its caller after the commit."""
    outcomes: list[tuple[Future[Any], Any, BaseException | None]] = []
    try:
        connection.execute("BEGIN IMMEDIATE")
        for function, done in batch:
            outcomes.append((done, *_run_alone(connection, function)))
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        _roll_back(connection)
        outcomes = [(done, None, error) for _, done in batch]
    for done, value, failure in outcomes:
        if failure is None:
            done.set_result(value)
        else:
            done.set_exception(failure)


def _run_alone(
    connection: sqlite3.Connection, function: Callable[[sqlite3.Connection], Any]
) -> tuple[Any, BaseException | None]:
    connection.execute("SAVEPOINT one")
    try:
        value = function(connection)
    except Exception as error:
        if not connection.in_transaction:
            # SQLite itself undid the whole transaction, for instance on a full disk.
            raise sqlite3.OperationalError(str(error)) from error
        connection.execute("ROLLBACK TO one")
        return None, error
    finally:
        if connection.in_transaction:
            connection.execute("RELEASE one")
    return value, None


def _roll_back(connection: sqlite3.Connection) -> None:
    with contextlib.suppress(sqlite3.Error):
        connection.execute("ROLLBACK")


def _raise(error: Exception, path: Path) -> NoReturn:
    """One clear line for what SQLite and the file system say."""
    text = str(error)
    if "full" in text or "No space" in text:
        raise ResourceExhausted(
            f"the disk of {path} is full; free some space and try again", reason="DISK_FULL"
        ) from error
    if isinstance(error, sqlite3.OperationalError | OSError):
        raise Unavailable(
            f"cannot use {path}: {text}; check the folder, its rights and who else has it open"
        ) from error
    raise error
