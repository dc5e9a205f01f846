"""Files, the table worker, the notes database and the retriever."""
