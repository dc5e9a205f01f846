"""For whom and until when a call is made: kept in a context variable, carried between services as gRPC metadata."""

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

from toolmesh_core.errors import InvalidInput, PermissionDenied

USER_KEY = "toolmesh-user"
API_KEY_KEY = "toolmesh-key"
SESSION_KEY = "toolmesh-session"
RUN_KEY = "toolmesh-run"
REQUEST_ID_KEY = "toolmesh-request-id"


@dataclass(frozen=True, slots=True)
class CallContext:
    """What travels with every call.

    Attributes:
        user, session, run, request_id: empty where unknown.
        key: the name of the API key that the gateway let in, never the key; empty where unknown.
        deadline: of `time.monotonic()`; None means no limit.
    """

    user: str = ""
    session: str = ""
    run: str = ""
    request_id: str = ""
    deadline: float | None = None
    key: str = ""

    def metadata(self) -> list[tuple[str, str]]:
        """The non-empty fields as gRPC metadata."""
        pairs = (
            (USER_KEY, self.user),
            (SESSION_KEY, self.session),
            (RUN_KEY, self.run),
            (REQUEST_ID_KEY, self.request_id),
            (API_KEY_KEY, self.key),
        )
        return [pair for pair in pairs if pair[1]]


_EMPTY = CallContext()
_current: ContextVar[CallContext] = ContextVar("toolmesh_call", default=_EMPTY)


def current_call() -> CallContext:
    """The context of the call that is being served, or an empty one."""
    return _current.get()


def enter_call(context: CallContext) -> None:
    """Makes a context the current one for the rest of this task."""
    _current.set(context)


def context_of_metadata(
    metadata: Iterable[tuple[str, str | bytes]] | Mapping[str, str], deadline: float | None
) -> CallContext:
    """The context that a caller's metadata carries."""
    found = dict(metadata)
    return CallContext(
        user=_text(found.get(USER_KEY)),
        session=_text(found.get(SESSION_KEY)),
        run=_text(found.get(RUN_KEY)),
        request_id=_text(found.get(REQUEST_ID_KEY)),
        deadline=deadline,
        key=_text(found.get(API_KEY_KEY)),
    )


def remaining_s(default: float | None = None) -> float | None:
    """Seconds left of the current call's deadline; `default` where there is none."""
    deadline = _current.get().deadline
    return default if deadline is None else max(0.0, deadline - time.monotonic())


def user_of(request_user: str) -> str:
    """The user a call is for.

    Args:
        request_user: what the request says; the gateway's word in the metadata wins where it is empty.

    Raises:
        PermissionDenied: the request names another user than the key's.
        InvalidInput: neither names one.
    """
    caller = _current.get().user
    if caller and request_user and caller != request_user:
        raise PermissionDenied(
            f"user {request_user!r} is not the user of this key; leave 'user' out", reason="OTHER_USER"
        )
    user = caller or request_user
    if not user:
        raise InvalidInput("'user' is empty; name the user the call is for", field="user")
    return user


@contextmanager
def calling(
    *,
    user: str | None = None,
    session: str | None = None,
    run: str | None = None,
    request_id: str | None = None,
    timeout_s: float | None = None,
) -> Iterator[CallContext]:
    """Overrides fields of the context for the calls made inside.

    Args:
        timeout_s: seconds from now; never later than the outer deadline.
    """
    outer = _current.get()
    deadline = outer.deadline
    if timeout_s is not None:
        inner = time.monotonic() + timeout_s
        deadline = inner if deadline is None else min(inner, deadline)
    context = replace(
        outer,
        user=outer.user if user is None else user,
        session=outer.session if session is None else session,
        run=outer.run if run is None else run,
        request_id=outer.request_id if request_id is None else request_id,
        deadline=deadline,
    )
    token = _current.set(context)
    try:
        yield context
    finally:
        _current.reset(token)


def _text(value: str | bytes | None) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else value.decode()
