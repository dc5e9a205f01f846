"""The front door of `toolmesh`: runs a command, and turns the platform's errors into one line and an exit code."""

import io
import sys

from toolmesh_cli.app import app
from toolmesh_cli.output import say
from toolmesh_core.errors import InvalidInput, ToolError, ToolMeshError, Unauthenticated


def main() -> None:
    """Runs the command line; leaves with 0, 1 (the platform said no) or 2 (usage)."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a character gets its code instead of a failure.
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except ToolError as error:
        say(f"the tool said no ({error.reason}): {error.message}")
        raise SystemExit(1) from error
    except ToolMeshError as error:
        say(_line_of(error))
        raise SystemExit(1) from error


def _line_of(error: ToolMeshError) -> str:
    if isinstance(error, Unauthenticated):
        return f"{error.message}: set TOOLMESH_API_KEY, or call from the folder that holds .toolmesh/api_key"
    if isinstance(error, InvalidInput) and error.field and error.field not in error.message:
        return f"{error.field}: {error.message}"
    return error.message


if __name__ == "__main__":
    main()
