"""Keeps what is large out of messages: files and whole outputs become artifacts, a summary stands in for an output."""

import asyncio
import logging
from dataclasses import replace

import orjson

from toolmesh_core.errors import ToolMeshError
from toolmesh_tool_router.app.keep_artifacts import KeepArtifacts
from toolmesh_tool_router.app.ports import ArtifactStore
from toolmesh_tool_router.domain.call_events import ArtifactRef, ToolCall, ToolFailure, ToolOutcome
from toolmesh_tool_router.domain.result_summary import summarise, wrap_summary

logger = logging.getLogger(__name__)


class ShortenResult:
    """Shortens what is over a limit, and turns output that is not JSON into a failure of the tool.

    Args:
        artifacts: None where this platform has no memory service.
        max_bytes: the largest output that is passed on whole.
        summary_characters: about the length of a summary.
    """

    def __init__(self, artifacts: ArtifactStore | None, max_bytes: int, summary_characters: int) -> None:
        self._artifacts = artifacts
        self._keep = KeepArtifacts(artifacts)
        self._max_bytes = max_bytes
        self._summary_characters = summary_characters

    async def __call__(self, call: ToolCall, outcome: ToolOutcome) -> tuple[ToolOutcome, bool]:
        """The outcome to pass on, and whether it was cut."""
        outcome = await self._keep(call, outcome)
        if outcome.failure is not None:
            return self._shorter_failure(outcome, outcome.failure)
        # UTF-8 takes up to three bytes for each of the text's characters, so most outputs need no encoding here.
        if len(outcome.output_json) * 3 <= self._max_bytes:
            return self._checked(call, outcome), False
        content = outcome.output_json.encode()
        if len(content) <= self._max_bytes:
            return self._checked(call, outcome), False
        return await self._shortened(call, outcome, content)

    def _checked(self, call: ToolCall, outcome: ToolOutcome) -> ToolOutcome:
        try:
            orjson.loads(outcome.output_json)
        except orjson.JSONDecodeError:
            return _not_json(call)
        return outcome

    async def _shortened(self, call: ToolCall, outcome: ToolOutcome, content: bytes) -> tuple[ToolOutcome, bool]:
        try:
            # In a thread: megabytes take longer to parse than the loop may be held.
            output = await asyncio.to_thread(orjson.loads, content)
        except orjson.JSONDecodeError:
            return _not_json(call), False
        summary = await asyncio.to_thread(summarise, output, outcome.output_json, self._summary_characters)
        is_text = isinstance(output, str)
        stored, note = await self._store(
            call,
            output.encode() if is_text else content,
            "text/plain; charset=utf-8" if is_text else "application/json",
            f"{call.tool}.{'txt' if is_text else 'json'}",
        )
        text = wrap_summary(summary, stored.artifact if stored else "", len(content), note)
        artifacts = (*outcome.artifacts, stored) if stored else outcome.artifacts
        return replace(outcome, output_json=text, artifacts=artifacts), True

    async def _store(
        self, call: ToolCall, content: bytes, media_type: str, file_name: str
    ) -> tuple[ArtifactRef | None, str]:
        """Where the whole is, if anywhere, and what to tell of it."""
        if self._artifacts is None:
            return None, "The output was too large and was cut; the rest is not kept."
        try:
            stored = await self._artifacts.store(call.user, content, media_type, file_name)
        except ToolMeshError as error:
            logger.warning("output not stored", extra={"tool": call.tool, "detail": error.message})
            return None, f"The output was too large and was cut; the rest could not be kept: {error.message}"
        return stored, "The output was too large and was cut; the artifact holds the whole."

    def _shorter_failure(self, outcome: ToolOutcome, failure: ToolFailure) -> tuple[ToolOutcome, bool]:
        if len(failure.message) <= self._summary_characters:
            return outcome, False
        message = f"{failure.message[: self._summary_characters]}..."
        return replace(outcome, failure=replace(failure, message=message)), True


def _not_json(call: ToolCall) -> ToolOutcome:
    message = f"tool {call.tool!r} gave an output that is not JSON; use another tool"
    return ToolOutcome(failure=ToolFailure("BAD_OUTPUT", message))
