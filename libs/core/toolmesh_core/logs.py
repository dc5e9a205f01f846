"""Logs as JSON lines that carry the run, request and trace ids."""

import logging
import sys
from datetime import UTC, datetime
from typing import Any

import orjson

from toolmesh_core.call_context import current_call
from toolmesh_core.telemetry import current_span_ids

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """One JSON object a record; what was passed as `extra` becomes fields."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        context = current_call()
        trace_id, span_id = current_span_ids()
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
            "run": context.run,
            "request_id": context.request_id,
            "trace_id": trace_id,
            "span_id": span_id,
        }
        line |= {key: value for key, value in record.__dict__.items() if key not in _STANDARD}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps({k: v for k, v in line.items() if v != ""}, default=str).decode()


def set_up_logs(service: str, level: str) -> None:
    """Sends all records of this process to stderr as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(service))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # Its INFO repeats each request of ours to neighbours, with the whole URL.
    logging.getLogger("httpx").setLevel(logging.WARNING)
