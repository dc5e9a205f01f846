"""From chosen tools to calls for a model that was not trained for it: rules decide most, the model writes the rest."""

import json
from collections.abc import Sequence
from dataclasses import replace

from toolmesh_controller.app.acting import Acting, calling, open_now, without_repeats
from toolmesh_controller.app.choose_tools import Choice
from toolmesh_controller.app.fill_arguments import FillArguments, Filled
from toolmesh_controller.app.ports import NewId
from toolmesh_controller.app.tool_book import ReadTool
from toolmesh_controller.domain.conversation import Decision, Finish, Role, ToolCall
from toolmesh_controller.domain.grounding import rendered
from toolmesh_controller.domain.missing import question_about
from toolmesh_controller.domain.parts import Part
from toolmesh_controller.domain.turn import Turn
from toolmesh_controller.domain.words import has_cjk
from toolmesh_core.errors import FailedPrecondition


class ActByRules:
    def __init__(self, fill: FillArguments, new_id: NewId) -> None:
        self._fill = fill
        self._new_id = new_id

    async def bare(self, acting: Acting, choice: Choice) -> Decision | None:
        """The same without the adapter, which was trained on other prompts."""
        return await self(replace(acting, ref=replace(acting.ref, adapter="")), choice)

    async def __call__(self, acting: Acting, choice: Choice) -> Decision | None:
        """The calls to make or the question to ask; None where an answer is due."""
        calls: list[ToolCall] = []
        refused: list[tuple[ReadTool, Filled]] = []
        for item in open_now(acting, choice):
            tool = acting.tools[item.tool]
            sources = sources_of(item.part, acting.turn)
            filled = await self._fill(
                acting.ref, acting.model, tool, sources, acting.usage, may_ask=not acting.must_call
            )
            if filled.missing or filled.errors:
                refused.append((tool, filled))
            else:
                calls.append(
                    ToolCall(self._new_id("call"), tool.name, json.dumps(filled.arguments, ensure_ascii=False))
                )
        calls = without_repeats(calls, acting.turn)
        if calls:
            return calling(acting, choice, calls)
        if refused:
            asked = question_of(refused, acting)
            return Decision(
                question=f"{rendered(acting.turn.done, acting.turn.request)}\n{asked}".strip(),
                usage=acting.usage,
                scores=choice.scores,
                context_cut=choice.cut,
                finish=Finish.STOP,
            )
        return None


def sources_of(part: Part, turn: Turn) -> list[str]:
    """Where an argument's value may come from, the nearest first."""
    results = "\n".join(done.result or "" for done in turn.done)
    with_results = f"{part.text}\n{results}" if results else ""
    said = [message.content for message in turn.history if message.role is not Role.SYSTEM and message.content]
    sources = [with_results] if part.dependent and results else []
    sources += [part.text, turn.request, with_results]
    sources += reversed(said[-6:])
    return list(dict.fromkeys(text for text in sources if text))


def question_of(refused: Sequence[tuple[ReadTool, Filled]], acting: Acting) -> str:
    """Asks for what is missing. Raises FailedPrecondition where a call was required and could not be made valid."""
    tool, filled = refused[0]
    request = acting.turn.request
    if filled.missing:
        return question_about(filled.missing, has_cjk(request))
    problem = "; ".join(filled.errors)
    if acting.must_call:
        raise FailedPrecondition(
            f"tool '{tool.name}': no valid arguments could be written: {problem}", reason="ARGUMENTS_INVALID"
        )
    if has_cjk(request):
        return f"我无法为“{tool.name}”写出有效的参数（{problem}）。请换一种说法，给出具体的值。"
    return f"I could not work out valid arguments for {tool.name} ({problem}). Could you say the exact values?"
