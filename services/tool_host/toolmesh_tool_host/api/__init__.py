"""ToolHostService over gRPC."""
