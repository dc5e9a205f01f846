"""SQL over the operator's SQLite and Postgres databases."""
