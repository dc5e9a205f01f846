"""The RPCs of the retriever."""
