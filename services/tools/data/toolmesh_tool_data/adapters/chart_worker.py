"""The chart process: draws Vega-Lite as PNG with vl-convert, which cannot be stopped from within."""

import base64
import resource
from pathlib import Path
from typing import Any

from toolmesh_core.errors import ToolError
from toolmesh_core.workers.worker_process import Methods, limit_written_files, serve_worker

_SCALE = 1.5


def begin(settings: dict[str, Any], folder: Path) -> Methods:
    """What the chart process answers, under its limits.

    Args:
        settings: "memory_mb" of data, since V8 reserves far more address space than it uses; "max_png_bytes".
    """
    data = settings["memory_mb"] * 2**20
    resource.setrlimit(resource.RLIMIT_DATA, (data, data))
    limit_written_files(1)
    most = settings["max_png_bytes"]
    return {"draw": lambda spec: draw(spec, most)}


def draw(spec: dict[str, Any], max_png_bytes: int) -> dict[str, Any]:
    """The picture in base64.

    Raises:
        ToolError: BAD_SPEC, with what Vega says; TOO_LARGE.
    """
    import vl_convert

    try:
        # The spec was looked through for addresses; here they are shut out once more.
        png = vl_convert.vegalite_to_png(spec, scale=_SCALE, allowed_base_urls=[])
    except ValueError as error:
        raise ToolError(f"this chart cannot be drawn: {_first_words(str(error))}", reason="BAD_SPEC") from error
    if len(png) > max_png_bytes:
        raise ToolError(f"the picture has {len(png)} bytes, over {max_png_bytes}: draw it smaller", reason="TOO_LARGE")
    return {"png": base64.b64encode(png).decode()}


def _first_words(message: str) -> str:
    lines = [line.strip() for line in message.splitlines() if line.strip() and not line.strip().startswith("at ")]
    return " ".join(lines)[:400]


if __name__ == "__main__":
    serve_worker(begin)
