"""The rules of what may be fetched: no sockets."""
