"""Puts the files that a tool hands over into memory, so that messages carry a reference only."""

import logging
from dataclasses import replace

import orjson

from toolmesh_core.errors import ToolMeshError
from toolmesh_tool_router.app.ports import ArtifactStore
from toolmesh_tool_router.domain.call_events import ArtifactRef, ToolCall, ToolOutcome

logger = logging.getLogger(__name__)


class KeepArtifacts:
    """Keeps files for the user of the call; where that cannot be, the output says so.

    Args:
        artifacts: None where this platform has no memory service.
    """

    def __init__(self, artifacts: ArtifactStore | None) -> None:
        self._artifacts = artifacts

    async def __call__(self, call: ToolCall, outcome: ToolOutcome) -> ToolOutcome:
        """The outcome with references in the place of its files."""
        if not outcome.contents:
            return outcome
        if outcome.failure is not None:
            return replace(outcome, contents=())
        if self._artifacts is None:
            return _told(outcome, (), "this platform has no memory service")
        kept: list[ArtifactRef] = []
        try:
            for one in outcome.contents:
                kept.append(await self._artifacts.store(call.user, one.content, one.media_type, one.file_name))  # noqa: PERF401 - what was kept before an error counts
        except ToolMeshError as error:
            logger.warning("artifact not stored", extra={"tool": call.tool, "detail": error.message})
            return _told(outcome, tuple(kept), error.message)
        return replace(outcome, artifacts=(*outcome.artifacts, *kept), contents=())


def _told(outcome: ToolOutcome, kept: tuple[ArtifactRef, ...], reason: str) -> ToolOutcome:
    """The output beside a sentence for the LLM on what is missing."""
    known = {ref.artifact for ref in kept}
    missing = ", ".join(one.id for one in outcome.contents if one.id not in known)
    note = orjson.dumps(f"These artifacts could not be kept and cannot be read: {missing} ({reason}).").decode()
    text = f'{{"output":{outcome.output_json},"note":{note}}}'
    return replace(outcome, output_json=text, artifacts=(*outcome.artifacts, *kept), contents=())
