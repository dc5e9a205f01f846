"""A decorated function keeps its own types for mypy."""

import re
from pathlib import Path

from mypy import api

PROGRAM = '''
from collections.abc import Generator
from toolmesh_toolkit import Progress, ToolContext, tool

@tool
def plain(a: int, *, b: str = "x") -> list[int]:
    """Do it."""
    return [a]

@tool(idempotent=True, cost=0.5)
async def waiting(a: int, context: ToolContext[str]) -> str:
    """Do it."""
    return context.state

@tool(tags=["x"])
def stream(a: int) -> Generator[Progress, None, int]:
    """Do it."""
    yield Progress()
    return a

async def use() -> None:
    reveal_type(plain(1, b="y"))
    reveal_type(await waiting(1, ToolContext(state="s")))
    reveal_type(next(stream(1)))
    plain("one")
    plain(1, c=2)

@tool(idempotent="yes")
def wrong(a: int) -> int:
    """Do it."""
    return a
'''


def test_mypy_knows_the_arguments_and_the_result_of_a_tool(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    cache = Path(__file__).parents[3] / ".mypy_cache" / "of_tests"
    shown, errors, _ = api.run(
        ["--strict", "--config-file", "", "--follow-imports=silent", "--cache-dir", str(cache), str(program)]
    )
    assert errors == ""
    assert re.findall(r'Revealed type is "(.*)"', shown) == ["list[int]", "str", "toolmesh_toolkit.pieces.Progress"]
    faults = re.findall(r"program\.py:(\d+): error: .*\[([a-z-]+)\]", shown)
    lines = [(PROGRAM.splitlines()[int(number) - 1].strip(), kind) for number, kind in faults]
    assert lines == [
        ('plain("one")', "arg-type"),
        ("plain(1, c=2)", "call-arg"),
        ('@tool(idempotent="yes")', "call-overload"),
        ('@tool(idempotent="yes")', "untyped-decorator"),
    ], shown
