"""The one tree of errors; it maps once to gRPC status, once to HTTP and once to what the SDK raises.

ToolMeshError
  x InvalidInput         the caller can mend it          INVALID_ARGUMENT    400
  x Unauthenticated      no key, or an unknown one       UNAUTHENTICATED     401
  x PermissionDenied     scope, policy, approval         PERMISSION_DENIED   403
  x NotFound                                             NOT_FOUND           404
  x AlreadyExists                                        ALREADY_EXISTS      409
  x FailedPrecondition   not in this state               FAILED_PRECONDITION 409
  x ResourceExhausted    rate, quota, queue, disk        RESOURCE_EXHAUSTED  429
  x Cancelled            the caller went away            CANCELLED           499
  x Internal             a defect of the platform        INTERNAL            500
  x Unavailable          a neighbour is down; retry      UNAVAILABLE         503
  x DeadlineExceeded                                     DEADLINE_EXCEEDED   504
ToolError                a tool said no: told to the LLM, never raised at the user
"""

from typing import ClassVar

import grpc


class ToolMeshError(Exception):
    """A failure with a place in the tree.

    Args:
        message: what was wrong, with the value, and what to do.
        reason: a stable UPPER_SNAKE word for programs; the class's own by default.
        metadata: more facts for programs, text to text.
    """

    code: ClassVar[grpc.StatusCode] = grpc.StatusCode.INTERNAL
    http_status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False
    default_reason: ClassVar[str] = "INTERNAL"

    def __init__(self, message: str, *, reason: str | None = None, metadata: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason or self.default_reason
        self.metadata = metadata or {}

    def __str__(self) -> str:
        return self.message


class InvalidInput(ToolMeshError):
    """The caller can mend it; `field` names what to mend."""

    code = grpc.StatusCode.INVALID_ARGUMENT
    http_status = 400
    default_reason = "INVALID_INPUT"

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        reason: str | None = None,
        metadata: dict[str, str] | None = None,
    ) -> None:
        facts = dict(metadata or {})
        if field is not None:
            facts["field"] = field
        super().__init__(message, reason=reason, metadata=facts)

    @property
    def field(self) -> str | None:
        """The path of the field to mend, if known."""
        return self.metadata.get("field")


class Unauthenticated(ToolMeshError):
    """No key was given, or nobody knows it."""

    code = grpc.StatusCode.UNAUTHENTICATED
    http_status = 401
    default_reason = "UNAUTHENTICATED"


class PermissionDenied(ToolMeshError):
    """Known, but not allowed."""

    code = grpc.StatusCode.PERMISSION_DENIED
    http_status = 403
    default_reason = "PERMISSION_DENIED"


class NotFound(ToolMeshError):
    """There is none of that name, or it belongs to somebody else."""

    code = grpc.StatusCode.NOT_FOUND
    http_status = 404
    default_reason = "NOT_FOUND"


class AlreadyExists(ToolMeshError):
    """The name is taken."""

    code = grpc.StatusCode.ALREADY_EXISTS
    http_status = 409
    default_reason = "ALREADY_EXISTS"


class FailedPrecondition(ToolMeshError):
    """Right in itself, but not in this state."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    http_status = 409
    default_reason = "FAILED_PRECONDITION"


class ResourceExhausted(ToolMeshError):
    """A rate, quota, queue or disk is full; `retry_after_s` says when it may be better."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    http_status = 429
    retryable = True
    default_reason = "RESOURCE_EXHAUSTED"

    def __init__(
        self,
        message: str,
        *,
        retry_after_s: float | None = None,
        reason: str | None = None,
        metadata: dict[str, str] | None = None,
    ) -> None:
        facts = dict(metadata or {})
        if retry_after_s is not None:
            facts["retry_after_s"] = f"{retry_after_s:g}"
        super().__init__(message, reason=reason, metadata=facts)

    @property
    def retry_after_s(self) -> float | None:
        """Seconds to wait, if known."""
        value = self.metadata.get("retry_after_s")
        return float(value) if value is not None else None


class Cancelled(ToolMeshError):
    """The caller went away."""

    code = grpc.StatusCode.CANCELLED
    http_status = 499
    default_reason = "CANCELLED"


class Internal(ToolMeshError):
    """A defect of the platform."""


class Unavailable(ToolMeshError):
    """A neighbour is down; the same call may succeed later."""

    code = grpc.StatusCode.UNAVAILABLE
    http_status = 503
    retryable = True
    default_reason = "UNAVAILABLE"


class DeadlineExceeded(ToolMeshError):
    """Time was up."""

    code = grpc.StatusCode.DEADLINE_EXCEEDED
    http_status = 504
    retryable = True
    default_reason = "DEADLINE_EXCEEDED"


class ToolError(Exception):
    """A tool said no: an observation for the LLM.

    Args:
        message: what was wrong, with the value, and what to do.
        reason: a stable UPPER_SNAKE word.
        retryable: the same call may succeed later.
    """

    def __init__(self, message: str, *, reason: str = "TOOL_ERROR", retryable: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason
        self.retryable = retryable


ERROR_CLASSES: tuple[type[ToolMeshError], ...] = (
    InvalidInput,
    Unauthenticated,
    PermissionDenied,
    NotFound,
    AlreadyExists,
    FailedPrecondition,
    ResourceExhausted,
    Cancelled,
    Internal,
    Unavailable,
    DeadlineExceeded,
)
_BY_CODE = {cls.code: cls for cls in ERROR_CLASSES}
_BY_HTTP_STATUS = {cls.http_status: cls for cls in reversed(ERROR_CLASSES)}


def error_class_of_code(code: grpc.StatusCode) -> type[ToolMeshError]:
    """The class for a gRPC status; Internal where the tree has none."""
    return _BY_CODE.get(code, Internal)


def error_class_of_http_status(status: int) -> type[ToolMeshError]:
    """The class for an HTTP status; InvalidInput or Internal where the tree has none."""
    return _BY_HTTP_STATUS.get(status, InvalidInput if status < 500 else Internal)
