"""A second try of a call that its tool refused, with arguments read in another way."""

import json
from dataclasses import dataclass, replace

from toolmesh_controller.app.acting import Acting, calling, without_repeats
from toolmesh_controller.app.choose_tools import Choice
from toolmesh_controller.app.judge_tool import JudgeTool
from toolmesh_controller.app.ports import NewId
from toolmesh_controller.app.tool_book import ReadTool
from toolmesh_controller.domain.brief import brief_of
from toolmesh_controller.domain.conversation import Decision, ToolCall
from toolmesh_controller.domain.mended_value import mended, names_a_value
from toolmesh_controller.domain.parts import Part
from toolmesh_controller.domain.turn import DoneCall, parsed

# Refusals of a person and of the policy: no other arguments are tried on them.
_FINAL = frozenset(("APPROVAL_REFUSED", "APPROVAL_REQUIRED", "POLICY_DENIED", "POLICY_LIMIT"))


@dataclass(frozen=True, slots=True)
class TryAgain:
    judge: JudgeTool
    new_id: NewId

    async def __call__(self, acting: Acting, choice: Choice) -> Decision | None:
        """What the refusal itself names, else what a trained model reads out of the request.

        None where the refusal is not about a value of the call (the tool may have done something), where it was a
        person's or the policy's, where the last call was a second try already, or the arguments would be the same.
        """
        refused = acting.turn.done[-1]
        tool = acting.tools.get(refused.call.tool)
        said, error = parsed(refused.call.arguments_json), refused.error or ""
        if tool is None or refused.reason in _FINAL or not names_a_value(said, error):
            return None
        if len(acting.turn.done) > _calls_due(choice):
            return None
        arguments = mended(said, error)
        if arguments is None or not tool.validator.is_valid(arguments):
            arguments = await self._read_by_model(acting, choice, tool, refused)
        if arguments is None:
            return None
        call = ToolCall(self.new_id("call"), tool.name, json.dumps(arguments, ensure_ascii=False))
        calls = without_repeats([call], acting.turn)
        return calling(acting, choice, calls) if calls else None

    async def _read_by_model(
        self, acting: Acting, choice: Choice, tool: ReadTool, refused: DoneCall
    ) -> dict[str, object] | None:
        if not acting.ref.adapter:
            return None
        whole = Part(acting.turn.request, 0, strong=True)
        part = next((item.part for item in choice.planned if item.tool == refused.call.tool), whole)
        brief = brief_of(part, replace(acting.turn, done=()))
        return await self.judge.arguments(acting.ref, acting.model, tool, brief, {}, acting.usage)


def _calls_due(choice: Choice) -> int:
    """The calls that the request asks for, one a part."""
    return max(1, sum(bool(item.tool) for item in choice.planned))
