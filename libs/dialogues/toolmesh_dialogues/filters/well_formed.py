"""The paper's filter: calls of tools or parameters that were not on offer, and arguments against the schema."""

from functools import lru_cache

import orjson

from toolmesh_core.json_schema import JsonSchema
from toolmesh_dialogues.dialogue import Dialogue


def why_malformed(dialogue: Dialogue) -> str | None:
    """The name of what is wrong, or None."""
    offered = {tool.name: tool for tool in dialogue.tools}
    for call in dialogue.calls():
        tool = offered.get(call.tool)
        if tool is None:
            return "unknown_tool"
        if call.arguments.keys() - tool.arguments_schema.get("properties", {}).keys():
            return "unknown_parameter"
        if not _compiled(orjson.dumps(tool.arguments_schema, option=orjson.OPT_SORT_KEYS)).is_valid(call.arguments):
            return "invalid_arguments"
    return None


@lru_cache(maxsize=50_000)
def _compiled(schema: bytes) -> JsonSchema:
    return JsonSchema(schema.decode())
