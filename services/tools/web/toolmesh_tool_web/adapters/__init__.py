"""Names, sockets and HTTP."""
