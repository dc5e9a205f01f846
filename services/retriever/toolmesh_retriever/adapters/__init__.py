"""Neighbours of the retriever: SQLite, the tool router, inference, the document reader."""
