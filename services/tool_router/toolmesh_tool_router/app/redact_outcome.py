"""Blots the secrets out of what a tool gave, before it is shortened, stored, or seen by anybody."""

import asyncio
from dataclasses import replace

from toolmesh_tool_router.domain.call_events import ArtifactContent, ToolOutcome
from toolmesh_tool_router.domain.policy.redaction import Redaction

# Longer ones would hold the loop up for milliseconds.
_LONG_CHARACTERS = 16 * 1024


async def redacted(outcome: ToolOutcome, redaction: Redaction) -> ToolOutcome:
    """The outcome without its secrets; the same one where nothing counts as a secret."""
    if not redaction:
        return outcome
    if outcome.failure is not None:
        return replace(outcome, failure=replace(outcome.failure, message=redaction.text(outcome.failure.message)))
    if len(outcome.output_json) <= _LONG_CHARACTERS and not outcome.contents:
        return replace(outcome, output_json=redaction.json_text(outcome.output_json))
    return await asyncio.to_thread(_redacted_whole, outcome, redaction)


def _redacted_whole(outcome: ToolOutcome, redaction: Redaction) -> ToolOutcome:
    """With the files that are text; a changed file has another id, which the output is to name."""
    text = redaction.json_text(outcome.output_json)
    contents = tuple(_redacted_file(one, redaction) for one in outcome.contents)
    for before, after in zip(outcome.contents, contents, strict=True):
        if before is not after:
            text = text.replace(before.id, after.id)
    return replace(outcome, output_json=text, contents=contents)


def _redacted_file(file: ArtifactContent, redaction: Redaction) -> ArtifactContent:
    """Pictures and packed files are passed as they are: nothing can be blotted out of them."""
    is_json = "json" in file.media_type
    if not (is_json or "xml" in file.media_type or file.media_type.startswith("text/")):
        return file
    text, encoding = _decoded(file.content)
    blotted = redaction.json_text(text) if is_json else redaction.text(text)
    return file if blotted == text else replace(file, content=blotted.encode(encoding))


def _decoded(content: bytes) -> tuple[str, str]:
    """What is not UTF-8 is read byte by byte, and written back the same way."""
    try:
        return content.decode(), "utf-8"
    except UnicodeDecodeError:
        return content.decode("latin-1"), "latin-1"
