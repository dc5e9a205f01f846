"""The schema of the retriever's database, one script a version."""

MIGRATIONS = (
    """
    CREATE TABLE tools (name TEXT PRIMARY KEY, message BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE tool_vectors (
        model TEXT NOT NULL, hash TEXT NOT NULL, vector BLOB NOT NULL, PRIMARY KEY (model, hash)
    ) WITHOUT ROWID;
    CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE documents (
        id TEXT PRIMARY KEY,
        user TEXT NOT NULL,
        request_id TEXT,
        title TEXT NOT NULL,
        source TEXT NOT NULL,
        media_type TEXT NOT NULL,
        passage_count INTEGER NOT NULL,
        create_time_ms INTEGER NOT NULL,
        UNIQUE (user, request_id)
    ) WITHOUT ROWID;
    CREATE INDEX documents_by_user ON documents (user, id);
    CREATE TABLE passages (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        document TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
        user TEXT NOT NULL,
        position INTEGER NOT NULL,
        page INTEGER NOT NULL,
        text TEXT NOT NULL,
        meaning TEXT NOT NULL,
        language TEXT NOT NULL,
        terms TEXT NOT NULL
    );
    CREATE INDEX passages_by_document ON passages (document, position);
    CREATE INDEX passages_by_user ON passages (user);
    CREATE TABLE passage_vectors (
        passage INTEGER NOT NULL REFERENCES passages (id) ON DELETE CASCADE,
        model TEXT NOT NULL,
        vector BLOB NOT NULL,
        PRIMARY KEY (passage, model)
    ) WITHOUT ROWID;
    CREATE VIRTUAL TABLE passage_words USING fts5(
        terms, content='passages', content_rowid='id', tokenize="unicode61 remove_diacritics 0"
    );
    CREATE TRIGGER passage_added AFTER INSERT ON passages BEGIN
        INSERT INTO passage_words (rowid, terms) VALUES (new.id, new.terms);
    END;
    CREATE TRIGGER passage_removed AFTER DELETE ON passages BEGIN
        INSERT INTO passage_words (passage_words, rowid, terms) VALUES ('delete', old.id, old.terms);
    END
    """,
)
