"""The gRPC face of the tool router."""
