"""Blots the secrets out of what a tool gave, before it is shortened, stored, or seen by anybody."""

import asyncio
from dataclasses import replace

from toolmesh_tool_router.domain.call_events import ToolOutcome
from toolmesh_tool_router.domain.policy.redaction import Redaction

# Longer ones would hold the loop up for milliseconds.
_LONG_CHARACTERS = 16 * 1024


async def redacted(outcome: ToolOutcome, redaction: Redaction) -> ToolOutcome:
    """The outcome without its secrets; the same one where nothing counts as a secret."""
    if not redaction:
        return outcome
    if outcome.failure is not None:
        return replace(outcome, failure=replace(outcome.failure, message=redaction.text(outcome.failure.message)))
    if len(outcome.output_json) <= _LONG_CHARACTERS:
        return replace(outcome, output_json=redaction.json_text(outcome.output_json))
    return replace(outcome, output_json=await asyncio.to_thread(redaction.json_text, outcome.output_json))
