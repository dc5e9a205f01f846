"""Reads HTML in a process of its own, which time and memory limits can end without ending the service."""

import asyncio
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path

from toolmesh_core.errors import ToolError
from toolmesh_tool_web.app.ports import HtmlText

CHILD = Path(__file__).with_name("html_child.py")


class HtmlProcess:
    """Title and text by a short-lived process (about 50 ms); a few at a time.

    Args:
        cpu_s, memory_mb: what one page may take.
        max_chars: most characters of text that come back; one more says that there was more.
    """

    def __init__(self, *, cpu_s: int, memory_mb: int, max_chars: int, at_once: int = 2) -> None:
        self._arguments = [str(cpu_s), str(memory_mb), str(max_chars + 1)]
        self._turns = asyncio.Semaphore(at_once)

    async def read(self, html: str) -> HtmlText:
        """Title and visible text.

        Raises:
            ToolError: PAGE_TOO_COMPLEX.
        """
        async with self._turns:
            output = await self._run(html.encode("utf-8", errors="replace"))
        return HtmlText(**json.loads(output))

    async def _run(self, html: bytes) -> bytes:
        # -I: neither the environment nor the working folder can put other code in its way.
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-I", str(CHILD), *self._arguments, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env={}
        )
        try:
            output, _ = await child.communicate(html)
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
        if child.returncode != 0:
            raise ToolError(
                "the page's HTML takes too much time or memory to read: use another page", reason="PAGE_TOO_COMPLEX"
            )
        return output
