"""The table process: reads a question a line, writes an answer a line, under limits the system holds it to."""

import json
import resource
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from toolmesh_core.errors import ToolError
from toolmesh_tool_data.adapters.table_conversion import Conversions
from toolmesh_tool_data.adapters.table_engine import TableEngine
from toolmesh_tool_data.adapters.table_limits import TableLimits

LAST_RESORT_S = 5


def main() -> None:
    """Serves until stdin ends: a line with the limits, answered by a line, then a question a line.

    A question names a method of TableEngine and its arguments. The process's only argument is a folder of its own,
    which is removed at the end.
    """
    limits = TableLimits.from_json(sys.stdin.readline())
    _limit_this_process(limits)
    folder = Path(sys.argv[1])
    try:
        engine = TableEngine(limits, Conversions(folder, limits))
        sys.stdout.write('{"ready": true}\n')
        sys.stdout.flush()
        serve(engine, limits, sys.stdin, sys.stdout)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def serve(engine: TableEngine, limits: TableLimits, questions: TextIO, answers: TextIO) -> None:
    """Answers until the questions end."""
    methods: dict[str, Callable[..., dict[str, Any]]] = {
        "list_tables": engine.list_tables,
        "describe": engine.describe,
        "query": engine.query,
        "summarize": engine.summarize,
        "find_rows": engine.find_rows,
    }
    for line in questions:
        # Ends the process even where DuckDB hangs in one call and nobody is left to kill it.
        signal.alarm(int(limits.timeout_s) + LAST_RESORT_S)
        question = json.loads(line)
        answers.write(json.dumps(_answer(methods[question["method"]], question["arguments"]), ensure_ascii=True) + "\n")
        answers.flush()
        signal.alarm(0)


def _answer(method: Callable[..., dict[str, Any]], arguments: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"answer": method(**arguments)}
    except ToolError as error:
        return {"failure": {"reason": error.reason, "message": error.message}}
    except MemoryError:
        return {"failure": {"reason": "OUT_OF_MEMORY", "message": "this needs too much memory: ask for less"}}


def _limit_this_process(limits: TableLimits) -> None:
    """Address space beyond what is mapped now, so that libraries' reservations do not count; no core dumps."""
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() if _has_proc() else 2**30
    space = mapped + (limits.memory_mb + limits.extra_memory_mb) * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (space, space))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    written = 2 * limits.max_file_mb * 2**20
    resource.setrlimit(resource.RLIMIT_FSIZE, (written, written))


def _has_proc() -> bool:
    return Path("/proc/self/statm").exists()


if __name__ == "__main__":
    main()
