"""The tables of the arena's SQLite file; a change is a new script at the end, never an edit."""

from datetime import UTC, datetime, timedelta

MIGRATIONS = (
    """
    CREATE TABLE agents (
        name TEXT PRIMARY KEY,
        model TEXT NOT NULL,
        adapter TEXT NOT NULL,
        owner TEXT NOT NULL,               -- empty: the platform's own
        create_time INTEGER NOT NULL,      -- microseconds since 1970, as all times here
        retired INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID;
    CREATE TABLE battles (
        id TEXT PRIMARY KEY,
        user TEXT NOT NULL,
        request TEXT NOT NULL,             -- JSON
        request_id TEXT,
        create_time INTEGER NOT NULL,
        end_time INTEGER                   -- null while it runs
    ) WITHOUT ROWID;
    CREATE INDEX battles_by_user ON battles (user, id);
    CREATE INDEX battles_running ON battles (user) WHERE end_time IS NULL;
    CREATE UNIQUE INDEX battles_by_request ON battles (user, request_id) WHERE request_id IS NOT NULL;
    CREATE TABLE sides (
        battle TEXT NOT NULL REFERENCES battles (id) ON DELETE CASCADE,
        side TEXT NOT NULL,                -- 'a' or 'b'
        agent TEXT NOT NULL,
        model TEXT NOT NULL,
        adapter TEXT NOT NULL,
        run TEXT NOT NULL,
        ending TEXT,                       -- JSON; null while it runs
        PRIMARY KEY (battle, side)
    ) WITHOUT ROWID;
    CREATE INDEX sides_by_agent ON sides (agent);
    CREATE TABLE votes (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        battle TEXT NOT NULL REFERENCES battles (id),
        user TEXT NOT NULL,
        outcome TEXT NOT NULL,
        request_id TEXT NOT NULL,
        create_time INTEGER NOT NULL,
        UNIQUE (battle, user)
    );
    """,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_microseconds(time: datetime) -> int:
    """Whole microseconds since 1970; exact, unlike a float timestamp."""
    return (time - _EPOCH) // timedelta(microseconds=1)


def from_microseconds(microseconds: int) -> datetime:
    """The reverse of to_microseconds, in UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)
