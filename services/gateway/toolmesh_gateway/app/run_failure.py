"""A run that has no answer, as an error of the tree."""

from toolmesh.planner.v1 import run_pb2
from toolmesh_core.errors import ERROR_CLASSES, Cancelled, Internal, PermissionDenied, ToolMeshError

_CLASS_OF_CODE = {cls.code.name: cls for cls in ERROR_CLASSES}


def failure_of(run: run_pb2.Run) -> ToolMeshError:
    """What to raise for a run that ended without an answer."""
    if run.end_reason == run_pb2.END_REASON_CANCELLED:
        return Cancelled(f"the run {run.id!r} was cancelled", reason="RUN_CANCELLED")
    if run.end_reason == run_pb2.END_REASON_APPROVAL_REFUSED:
        return PermissionDenied(f"a person refused a tool call of the run {run.id!r}", reason="APPROVAL_REFUSED")
    message = run.error.message or run.output or f"the run {run.id!r} ended without an answer"
    if run.end_reason == run_pb2.END_REASON_INTERRUPTED_CALL:
        return Internal(message, reason="INTERRUPTED_CALL")
    return _CLASS_OF_CODE.get(run.error.code, Internal)(message, reason=run.error.reason or "RUN_FAILED")
