"""A page's main text, from a process that may take too long for it."""

from toolmesh_core.errors import ToolError, Unavailable
from toolmesh_core.workers.worker_pool import WorkerKind, WorkerPool

TIMEOUT_S = 8.0
_MEMORY_MB = 512


def page_process() -> WorkerKind:
    """What finds main texts."""
    return WorkerKind(
        module="toolmesh_tool_web.adapters.page_worker",
        name="page process",
        settings={"memory_mb": _MEMORY_MB},
        timeout_s=TIMEOUT_S,
        most_answer_bytes=64 * 2**20,
    )


class MainText:
    """Finds main texts with a pool of page processes."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool

    async def find(self, markup: str, url: str, *, links: bool) -> str:
        """The main text as Markdown; empty where none is found, or finding it takes too much."""
        try:
            answer = await self._pool.ask("extract", markup=markup, url=url, links=links)
        except (ToolError, Unavailable):
            return ""
        return str(answer["text"])
