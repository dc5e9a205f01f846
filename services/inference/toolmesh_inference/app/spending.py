"""Counts what requests spend: tokens and time. Spans are made around each RPC by the core already."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

from toolmesh_core.errors import ToolMeshError
from toolmesh_inference.app.measures import request_duration, tokens
from toolmesh_inference.domain.generation import Usage


def spent(model: str, usage: Usage) -> None:
    """Adds tokens to the counters."""
    tokens.labels(model, "input").inc(usage.prompt_tokens)
    tokens.labels(model, "cached").inc(usage.cached_tokens)
    tokens.labels(model, "output").inc(usage.completion_tokens)


@contextmanager
def measured(operation: str, model: str) -> Iterator[None]:
    """Observes the block's duration and how it ended."""
    started = time.monotonic()
    outcome = "DEFECT"
    try:
        yield
        outcome = "OK"
    except ToolMeshError as error:
        outcome = error.default_reason
        raise
    except (asyncio.CancelledError, GeneratorExit):
        outcome = "CANCELLED"
        raise
    finally:
        request_duration.labels(operation, model, outcome).observe(time.monotonic() - started)
