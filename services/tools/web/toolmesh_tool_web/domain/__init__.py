"""What a page is to an LLM: no sockets."""
