"""Opens the import and serves what it has now; a list that changes is served and told at once."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from toolmesh_core.service import Service
from toolmesh_imports.secret_source import EnvironmentSecrets
from toolmesh_imports.sources import ImportBounds, OpenImport, check_secrets, open_source
from toolmesh_tool_imports.adapters.source_file import read_source
from toolmesh_tool_imports.api.imported_tools import ServedImport
from toolmesh_tool_imports.settings import SECRETS_PREFIX, ImportsSettings
from toolmesh_toolkit import ToolServicer
from toolmesh_toolkit.process import service_of, tool_servicer

logger = logging.getLogger(__name__)


@asynccontextmanager
async def bootstrap(settings: ImportsSettings) -> AsyncIterator[Service]:
    """The service.

    Raises:
        InvalidInput, FailedPrecondition, Unavailable, DeadlineExceeded: the import cannot be made; the message is one
            line that says why.
    """
    source = await asyncio.to_thread(read_source, settings.source_file)
    secrets = EnvironmentSecrets(SECRETS_PREFIX)
    await check_secrets(source, secrets)
    bounds = ImportBounds(
        timeout_s=settings.default_timeout_s,
        connect_timeout_s=settings.connect_timeout_s,
        max_output_bytes=settings.max_output_bytes,
        ca_file=settings.ca_file,
    )
    async with open_source(source, settings.name, secrets, bounds) as opened:
        servicer = tool_servicer([], settings=settings)
        shown = _Shown(settings.name, opened, servicer)
        opened.on_change = shown.follow
        shown.follow()
        yield service_of(servicer, ready=shown.ready)


class _Shown:
    """Keeps what is served in step with the import, and says in the log what changed."""

    def __init__(self, name: str, opened: OpenImport, servicer: ToolServicer) -> None:
        self._name = name
        self._opened = opened
        self._servicer = servicer
        self._was_up = True
        for warning in opened.warnings:
            logger.warning(warning, extra={"deployment": name})

    async def ready(self) -> bool:
        """Whether calls reach the other side."""
        return self._opened.up

    def follow(self) -> None:
        """Serves what there is now."""
        opened, facts = self._opened, {"deployment": self._name, "tools": len(self._opened.tools)}
        if opened.up:
            before = self._servicer.tools_version
            self._servicer.offer(ServedImport(tool) for tool in opened.tools)
            if not self._was_up or before != self._servicer.tools_version:
                left_out = [f"{item.name}: {item.why}" for item in opened.left_out]
                logger.info("tools listed", extra={**facts, "left_out": left_out})
        elif self._was_up:
            logger.warning("import lost", extra={**facts, "detail": opened.reason})
        self._was_up = opened.up
