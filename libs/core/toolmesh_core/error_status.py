"""Errors on the wire: gRPC status plus google.rpc.ErrorInfo, both ways."""

from typing import Any

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc import error_details_pb2, status_pb2

from toolmesh_core.errors import ToolMeshError, Unavailable, error_class_of_code

DOMAIN = "toolmesh.dev"
DETAILS_KEY = "grpc-status-details-bin"
CONNECTION_LOST = "CONNECTION_LOST"


def status_details(error: ToolMeshError) -> bytes:
    """The serialised google.rpc.Status of an error, for the trailing metadata DETAILS_KEY."""
    info = AnyMessage()
    info.Pack(error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=error.metadata))
    status = status_pb2.Status(code=error.code.value[0], message=error.message, details=[info])
    return bytes(status.SerializeToString())


def error_of(code: grpc.StatusCode, message: str | None, trailing: Any) -> ToolMeshError:
    """The error that a status and its trailing metadata stand for."""
    reason: str | None = None
    metadata: dict[str, str] = {}
    for key, value in trailing or ():
        if key == DETAILS_KEY:
            reason, metadata = _read_info(value)
    cls = error_class_of_code(code)
    if reason is None and cls is Unavailable:
        # No word of ours came with it: it was gRPC itself that did not reach the neighbour, or lost it.
        reason = CONNECTION_LOST
    error = cls.__new__(cls)
    ToolMeshError.__init__(error, message or code.name, reason=reason or cls.default_reason, metadata=metadata)
    return error


def error_of_rpc(rpc_error: grpc.aio.AioRpcError) -> ToolMeshError:
    """The error that a failed call stands for."""
    return error_of(rpc_error.code(), rpc_error.details(), rpc_error.trailing_metadata())


def _read_info(details: bytes) -> tuple[str | None, dict[str, str]]:
    status = status_pb2.Status.FromString(details)
    info = error_details_pb2.ErrorInfo()
    for detail in status.details:
        if detail.Unpack(info):
            return info.reason, dict(info.metadata)
    return None, {}
