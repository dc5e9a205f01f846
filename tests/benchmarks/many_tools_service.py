"""A process of many tool services for `many_tools.py`, each at a socket of its own.

    python many_tools_service.py FOLDER PREFIX TOOLS TOOLS_A_SERVICE

Prints the addresses by service on the first line. All tools do the same; names and descriptions differ, since they are
what is kept, sent and searched.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Literal

import uvloop
from pydantic import BaseModel, Field

from toolmesh.tool.v1 import tool_pb2
from toolmesh_testing import serving
from toolmesh_toolkit import tool
from toolmesh_toolkit.process import service_of
from toolmesh_toolkit.served_tool import FunctionTool
from toolmesh_toolkit.servicer import ToolServicer

VERBS = "find count compare convert summarize rank check schedule estimate translate export describe group merge trace"
NOUNS = "invoices flights tickets recipes sensors contracts parcels lectures patients songs maps bonds rooms meters"
PLACES = "warehouse hospital school harbour airport theatre farm library laboratory bank hotel museum office workshop"


class Answer(BaseModel):
    """What each tool gives."""

    total: int = Field(description="How many there are.")
    names: list[str] = Field(description="The first of them, by name.")


@tool(idempotent=True, read_only=True, tags=("benchmark",))
async def look_up(
    query: Annotated[str, Field(description="What to look for.", max_length=200)],
    limit: Annotated[int, Field(description="At most so many.", ge=1, le=100)] = 10,
    order: Annotated[Literal["name", "date", "size"], Field(description="What they are ordered by.")] = "name",
    since: Annotated[str | None, Field(description="Only newer ones: a date such as 2026-01-31.")] = None,
) -> Answer:
    """Looks something up."""
    return Answer(total=limit, names=[query])


LOOK_UP = FunctionTool(look_up)


class NamedTool:
    """`look_up` under another name."""

    timeout_s: float | None = None

    def __init__(self, name: str, description: str) -> None:
        self.definition = tool_pb2.Tool()
        self.definition.CopyFrom(look_up.definition)
        self.definition.name, self.definition.description = name, description

    def start(self, *call: Any) -> AsyncIterator[Any]:
        """One call."""
        return LOOK_UP.start(*call)

    def output_json(self, value: Any) -> str:
        """Its result."""
        return LOOK_UP.output_json(value)


def tools(prefix: str, count: int) -> list[NamedTool]:
    """So many tools, no two of one name."""
    kinds = list(product(VERBS.split(), NOUNS.split(), PLACES.split()))
    found = []
    for number in range(count):
        verb, noun, place = kinds[number % len(kinds)]
        about = f"{verb.capitalize()} the {noun} of a {place}, such as those of department {number}."
        when = f"Use it when somebody asks for {noun} at the {place}."
        found.append(NamedTool(f"{prefix}_{verb}_{noun}_{number:05}", f"{about} {when}"))
    return found


async def main(folder: Path, prefix: str, count: int, each: int) -> None:
    """Serves until it is ended."""
    addresses: dict[str, str] = {}
    offered = tools(prefix, count)
    async with AsyncExitStack() as stack:
        for start in range(0, count, each):
            servicer = ToolServicer([])
            servicer.offer(offered[start : start + each])
            name = f"{prefix}_{len(addresses)}"
            listen = f"unix:{folder}/{name}.sock"
            addresses[name] = await stack.enter_async_context(serving(service_of(servicer), listen))
        print(json.dumps(addresses), flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
