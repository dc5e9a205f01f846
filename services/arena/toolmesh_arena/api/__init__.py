"""ArenaService over gRPC."""
