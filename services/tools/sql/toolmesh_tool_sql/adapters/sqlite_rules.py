"""What a statement may do in SQLite, by its authorizer: asked for each thing a statement would do, before it runs."""

import sqlite3

_READS = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE})
_WRITES = frozenset(
    {
        sqlite3.SQLITE_INSERT,
        sqlite3.SQLITE_UPDATE,
        sqlite3.SQLITE_DELETE,
        sqlite3.SQLITE_CREATE_TABLE,
        sqlite3.SQLITE_CREATE_INDEX,
        sqlite3.SQLITE_CREATE_VIEW,
        sqlite3.SQLITE_DROP_TABLE,
        sqlite3.SQLITE_DROP_INDEX,
        sqlite3.SQLITE_DROP_VIEW,
        sqlite3.SQLITE_ALTER_TABLE,
        sqlite3.SQLITE_REINDEX,
    }
)
# Extensions may bring others that reach outside; what a file's own schema names cannot run, by trusted_schema.
_FORBIDDEN_FUNCTIONS = frozenset({"load_extension", "fts3_tokenizer", "readfile", "writefile", "edit"})


def may_read(action: int, first: str | None, second: str | None, database: str | None, trigger: str | None) -> int:
    """Only SELECT, reading of columns, recursion and harmless functions: no PRAGMA, ATTACH or transaction."""
    if action in _READS or (action == sqlite3.SQLITE_FUNCTION and second not in _FORBIDDEN_FUNCTIONS):
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY


def may_write(action: int, first: str | None, second: str | None, database: str | None, trigger: str | None) -> int:
    """Beside reading: rows, tables, indexes and views of the main database; no triggers and virtual tables."""
    if action in _WRITES and database in (None, "main"):
        return sqlite3.SQLITE_OK
    return may_read(action, first, second, database, trigger)
