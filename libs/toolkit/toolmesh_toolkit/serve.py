"""Serves the tools of a file or folder as a process: `python -m toolmesh_toolkit.serve NAME PATH`."""

import os
import sys
from pathlib import Path
from typing import NoReturn

from toolmesh_core.errors import InvalidInput
from toolmesh_toolkit.process import run_tools
from toolmesh_toolkit.source_folder import load_tools


def serve(name: str, path: Path) -> NoReturn:
    """Serves until SIGTERM; its settings are TOOLMESH_TOOL_<NAME>_*, with "_" for each "-" of the name.

    Ends with EX_DATAERR (65), and one line that names file and line, where the source is bad.
    """
    try:
        tools = load_tools(path)
    except InvalidInput as error:
        print(error.message, file=sys.stderr, flush=True)
        raise SystemExit(os.EX_DATAERR) from error
    run_tools(name.replace("-", "_"), tools)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit("usage: python -m toolmesh_toolkit.serve NAME PATH")
    serve(sys.argv[1], Path(sys.argv[2]))
