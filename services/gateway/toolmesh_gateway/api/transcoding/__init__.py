"""Protobuf messages as the gateway's JSON, and back; made once from descriptors."""
