"""Tools of every kind, good and bad, for the tests of the tool router: python -m sample_tools."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Generator
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import Field

from toolmesh_core.telemetry import current_trace_id
from toolmesh_toolkit import Example, Progress, Result, ToolContext, ToolError, run_tools, tool


@tool(idempotent=True, read_only=True, tags=("math",), examples=[Example("3 and 4", {"a": 3, "b": 4})])
async def add(a: Annotated[int, Field(description="First addend.")], b: int = 1) -> int:
    """Add two whole numbers."""
    return a + b


@tool(read_only=True, tags=("math", "exact"))
def divide(a: int, b: int) -> float:
    """Divide two whole numbers."""
    if b == 0:
        raise ToolError("argument 'b' is 0: give another divisor", reason="DIVISION_BY_ZERO")
    return a / b


@tool
def count(upto: int) -> Generator[Progress | str, None, list[int]]:
    """Count, and tell how far it is."""
    for number in range(upto):
        yield Progress(number / upto, f"at {number}")
        yield f"{number} "
    return list(range(upto))


@tool
async def wait(seconds: float, mark: str = "") -> AsyncIterator[Progress | Result[str]]:
    """Wait; leaves a mark in a file where it is cut off."""
    yield Progress(0.0, "waiting")
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        if mark:
            await asyncio.to_thread(Path(mark).write_text, "cut off")
        raise
    yield Result("done")


@tool(idempotent=True, timeout=timedelta(seconds=0.2))
def slow() -> int:
    """Take longer than it may."""
    time.sleep(3)
    return 1


@tool
def crash() -> int:
    """Break."""
    raise RuntimeError("broken")


@tool
def die() -> int:
    """Take the whole process down."""
    os._exit(1)


@tool(read_only=True)
def numbers(upto: int) -> list[int]:
    """Give many numbers."""
    return list(range(upto))


@tool
def who(context: ToolContext[object]) -> dict[str, str]:
    """Tell for whom the call is."""
    return {"user": context.user, "run": context.run, "call": context.call_id, "trace": current_trace_id()}


TOOLS = [add, divide, count, wait, slow, crash, die, numbers, who]

if __name__ == "__main__":
    run_tools("sample", TOOLS)
