"""The gRPC face of the memory service."""
