"""What comes in: HTTP, server-sent events and gRPC."""
