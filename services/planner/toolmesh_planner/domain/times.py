"""Protobuf times as seconds."""

from datetime import timedelta

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp


def seconds_of(time: Timestamp | Duration) -> float:
    """Seconds, with their fraction."""
    return time.seconds + time.nanos * 1e-9


def duration_of(seconds: float) -> Duration:
    """A Duration of so many seconds."""
    duration = Duration()
    duration.FromTimedelta(timedelta(seconds=seconds))
    return duration
