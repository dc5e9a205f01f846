"""Requests and endings as JSON text, the form they are stored in."""

import json
from dataclasses import asdict
from typing import Any

from toolmesh_arena.domain.battle import Ending, Limits, Request, ToolUse


def to_json(value: Request | Ending) -> str:
    """JSON; any Unicode is kept as it is."""
    return json.dumps(asdict(value), ensure_ascii=False, separators=(",", ":"))


def request_from_json(text: str) -> Request:
    """The reverse of to_json."""
    fields: dict[str, Any] = json.loads(text)
    return Request(fields["input"], tuple(fields["tools"]), Limits(**fields["limits"]))


def ending_from_json(text: str) -> Ending:
    """The reverse of to_json."""
    fields: dict[str, Any] = json.loads(text)
    return Ending(fields["answer"], tuple(ToolUse(**call) for call in fields["tool_calls"]), fields["error"])
