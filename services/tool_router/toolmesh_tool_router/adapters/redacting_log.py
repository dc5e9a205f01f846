"""Blots secrets out of every line that this process logs."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from toolmesh_tool_router.domain.policy.redaction import Redaction

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
_FORMATTER = logging.Formatter()


@contextmanager
def redacted_log(redaction: Callable[[], Redaction]) -> Iterator[None]:
    """Blots what goes to the root logger's handlers, by the redaction that is in force at the time."""
    blot = _Blot(redaction)
    handlers = list(logging.getLogger().handlers)
    for handler in handlers:
        handler.addFilter(blot)
    try:
        yield
    finally:
        for handler in handlers:
            handler.removeFilter(blot)


class _Blot(logging.Filter):
    def __init__(self, redaction: Callable[[], Redaction]) -> None:
        super().__init__()
        self._redaction = redaction

    def filter(self, record: logging.LogRecord) -> bool:
        """Lets every record through, less its secrets."""
        redaction = self._redaction()
        if redaction:
            record.msg, record.args = redaction.text(record.getMessage()), ()
            for name in record.__dict__.keys() - _STANDARD:
                record.__dict__[name] = _blotted(redaction, name, record.__dict__[name])
            if record.exc_info:
                # As a field of its own, since a formatter would write the exception once more.
                record.__dict__["exception"] = redaction.text(_FORMATTER.formatException(record.exc_info))
                record.exc_info = None
        return True


def _blotted(redaction: Redaction, name: str, value: Any) -> Any:
    return redaction.value({name: value}).get(name, value)
