"""The tables of memory's SQLite file; a change is a new script at the end, never an edit."""

MIGRATIONS = (
    """
    CREATE TABLE sessions (
        id TEXT PRIMARY KEY,
        user TEXT NOT NULL,
        title TEXT NOT NULL,
        message_count INTEGER NOT NULL,
        create_time INTEGER NOT NULL,  -- microseconds since 1970, as all times here
        update_time INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX sessions_by_use ON sessions (user, update_time DESC, id DESC);
    CREATE TABLE messages (
        session TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
        sequence INTEGER NOT NULL,
        message TEXT NOT NULL,         -- JSON
        run TEXT NOT NULL,
        create_time INTEGER NOT NULL,
        PRIMARY KEY (session, sequence)
    );
    CREATE TABLE additions (
        session TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
        request_id TEXT NOT NULL,
        first_sequence INTEGER NOT NULL,
        last_sequence INTEGER NOT NULL,
        PRIMARY KEY (session, request_id)
    ) WITHOUT ROWID;
    CREATE TABLE artifacts (
        id TEXT NOT NULL,
        user TEXT NOT NULL,
        media_type TEXT NOT NULL,
        file_name TEXT NOT NULL,
        size_bytes INTEGER NOT NULL,
        create_time INTEGER NOT NULL,
        PRIMARY KEY (id, user)
    ) WITHOUT ROWID;
    CREATE INDEX artifacts_by_age ON artifacts (user, create_time DESC, id DESC);
    """,
)
