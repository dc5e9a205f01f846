"""Reads documents in a process of its own: a hostile file can stop that process, never the service."""

import asyncio
import json
import os
import subprocess
import sys

from toolmesh_core.call_context import remaining_s
from toolmesh_core.errors import InvalidInput
from toolmesh_retriever.app.ports import DocumentText
from toolmesh_retriever.domain.passage_cutting import Section

_READER = "toolmesh_retriever.adapters.document_parsing"


class SubprocessReader:
    """Implements DocumentReader.

    Args:
        timeout_s: the longest one file may take.
        most_pages: of a PDF.
        memory_bytes: the most the process may take.
        at_once: so many files are read beside each other, the others wait.
    """

    def __init__(self, timeout_s: float, most_pages: int, memory_bytes: int, at_once: int) -> None:
        self._timeout_s = timeout_s
        self._arguments = [str(most_pages), str(memory_bytes), str(int(timeout_s) + 1)]
        self._turns = asyncio.Semaphore(at_once)

    async def read(self, content: bytes, media_type: str) -> DocumentText:
        """Raises InvalidInput: damaged, encrypted, without text, over a bound."""
        async with self._turns:
            output, code = await asyncio.to_thread(self._run, content, media_type, self._time_left_s())
        try:
            answer = json.loads(output)
        except ValueError:
            raise InvalidInput(
                f"the {media_type} file cannot be read: its reader ended with {code} (memory or time was up);"
                " split the file or save it again with another program",
                field="content",
            ) from None
        if "error" in answer:
            raise InvalidInput(answer["error"], field="content")
        return DocumentText(answer["title"], [Section(*section) for section in answer["sections"]])

    def _time_left_s(self) -> float:
        """The bound, or less where the caller waits no longer."""
        return min(self._timeout_s, remaining_s(self._timeout_s) or 0.0)

    def _run(self, content: bytes, media_type: str, timeout_s: float) -> tuple[bytes, int]:
        try:
            done = subprocess.run(
                [sys.executable, "-m", _READER, media_type, *self._arguments],
                input=content,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=timeout_s,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise InvalidInput(
                f"the {media_type} file takes longer than {timeout_s:.3g} s to read; split it", field="content"
            ) from None
        return done.stdout, done.returncode
