"""Tools to call over MCP; what becomes of a call that is cut off is noted here."""

import asyncio
from collections.abc import AsyncIterator

from pydantic import BaseModel

from toolmesh_toolkit import Progress, Result, ToolError, ToolFunction, tool


class Waits:
    """What tests and waiting tools tell each other."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Nothing has been called yet; also since each module of tests has a loop of its own."""
        self.started, self.cut_off, self.released = asyncio.Event(), asyncio.Event(), asyncio.Event()


WAITS = Waits()
CALLS: list[int] = []


class Sum(BaseModel):
    """A sum."""

    total: int


@tool(idempotent=True, read_only=True)
async def add(a: int, b: int = 1) -> int:
    """Add two whole numbers."""
    CALLS.append(a)
    return a + b


@tool(read_only=True)
async def sum_up(numbers: list[int]) -> Sum:
    """Add many whole numbers."""
    return Sum(total=sum(numbers))


@tool(read_only=True)
async def count(upto: int) -> AsyncIterator[Progress | str | Result[str]]:
    """Count, and tell how far it is."""
    for number in range(upto):
        yield Progress((number + 1) / upto, f"at {number}")
        yield f"{number} "
    yield Result("counted")


@tool(read_only=True)
async def divide(a: int, b: int) -> float:
    """Divide."""
    if b == 0:
        raise ToolError("argument 'b' is 0: give another divisor", reason="DIVISION_BY_ZERO")
    return a / b


@tool(read_only=True)
async def wait_long() -> AsyncIterator[Progress | Result[str]]:
    """Wait until cut off."""
    yield Progress(0.1, "waiting")
    WAITS.started.set()
    try:
        await asyncio.Event().wait()
    finally:
        WAITS.cut_off.set()
    yield Result("done")


@tool(read_only=True)
async def wait_for_release() -> str:
    """Wait until released."""
    WAITS.started.set()
    await WAITS.released.wait()
    return "released"


@tool(read_only=True)
async def write_much(characters: int) -> Sum | list[str]:
    """Give much text."""
    return ["x" * 100] * (characters // 100)


@tool
async def drop_table(name: str) -> str:
    """Change the world."""
    return name


@tool(read_only=True, needs_approval=True)
async def press_button() -> str:
    """Needs a person's word."""
    return "pressed"


TOOLS: list[ToolFunction[..., object]] = [
    add,
    sum_up,
    count,
    divide,
    wait_long,
    wait_for_release,
    write_much,
    drop_table,
    press_button,
]


def many(number: int) -> list[ToolFunction[..., object]]:
    """Tools named tool_0000 and on."""

    def one(position: int) -> ToolFunction[..., object]:
        async def do(text: str) -> str:
            """Give the text back."""
            return text

        return tool(name=f"tool_{position:04}", read_only=True)(do)

    return [one(position) for position in range(number)]
