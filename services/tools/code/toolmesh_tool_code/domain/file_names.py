"""Names of files that go into the sandbox and come out of it."""

import re

from toolmesh_core.errors import ToolError

MAX_CHARS = 200
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


def check_file_name(name: str) -> str:
    """The name, if it is a path below the folder that programs work in.

    Raises:
        ToolError: BAD_FILE_NAME.
    """
    parts = name.split("/")
    if not name or len(name.encode("utf-8", "replace")) > MAX_CHARS or _CONTROL.search(name):
        problem = f"must have 1 to {MAX_CHARS} bytes and no control characters"
    elif any(part in ("", ".", "..") for part in parts):
        problem = 'must be a plain relative path such as "data/sales.csv"'
    else:
        return name
    raise ToolError(f"file name {name[:80]!r} {problem}", reason="BAD_FILE_NAME")
