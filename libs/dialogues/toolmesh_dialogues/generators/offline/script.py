"""A dialogue while it is written: adds turns, numbers the calls, makes up results and answers from them."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import orjson

from toolmesh_dialogues.dialogue import DialogueCall, DialogueMessage, Language
from toolmesh_dialogues.gallery.gallery_tool import GalleryTool
from toolmesh_dialogues.generators.offline.manners import label_of
from toolmesh_dialogues.generators.offline.template import render
from toolmesh_dialogues.values.draw import draw_value
from toolmesh_dialogues.values.spoken_value import SpokenValue

_FAILURES: Mapping[Language, Sequence[str]] = {
    "en": ("the service is not available", "nothing was found", "the daily limit is used up", "access was denied"),
    "zh": ("服务暂时不可用", "没有找到结果", "今天的次数用完了", "没有权限"),
}


class Script:
    def __init__(self, rng: Random, language: Language) -> None:
        self.messages: list[DialogueMessage] = []
        self._rng = rng
        self._language = language
        self._calls = 0

    def user(self, text: str) -> None:
        """The user says something."""
        self.messages.append(DialogueMessage("user", text))

    def assistant(self, text: str) -> None:
        """The assistant answers without a call."""
        self.messages.append(DialogueMessage("assistant", text))

    def call(self, *calls: tuple[GalleryTool, Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The assistant makes calls side by side; returns the made-up result of each."""
        made = []
        for tool, arguments in calls:
            self._calls += 1
            made.append(DialogueCall(f"call_{self._calls}", tool.name, arguments))
        self.messages.append(DialogueMessage("assistant", "", tuple(made)))
        results = [self._result(tool) for tool, _ in calls]
        for call, result in zip(made, results, strict=True):
            text = orjson.dumps(result).decode()
            self.messages.append(DialogueMessage("tool", text, tool_call_id=call.id, tool=call.tool))
        return results

    def call_and_answer(self, *calls: tuple[GalleryTool, Mapping[str, Any]]) -> None:
        """Calls, and the answer that quotes their results."""
        results = self.call(*calls)
        answers = [self.answer_for(tool, result) for (tool, _), result in zip(calls, results, strict=True)]
        self.assistant((" " if self._language == "en" else "").join(answers))

    def fail(self, tool: GalleryTool, arguments: Mapping[str, Any]) -> None:
        """A call that the tool refuses, and the answer that says so."""
        self.call((tool, arguments))
        reason = self._rng.choice(_FAILURES[self._language])
        failed = self.messages[-1]
        text = orjson.dumps({"error": reason}).decode()
        self.messages[-1] = DialogueMessage("tool", text, tool_call_id=failed.tool_call_id, tool=failed.tool)
        self.assistant(f"That did not work: {reason}." if self._language == "en" else f"没有成功：{reason}。")

    def answer_for(self, tool: GalleryTool, result: Mapping[str, Any]) -> str:
        """One sentence with the values as the result gives them."""
        template = tool.answers.get(self._language)
        if template:
            given = {name: SpokenValue(value, _shown(value)) for name, value in result.items()}
            holder = GalleryTool(tool.base_name, tool.name, "", tool.returns)
            return render(self._rng, template, holder, self._language, given=given).text
        pairs = [f"the {label_of(item, self._language)} is {_shown(result[item.name])}" for item in tool.returns[:3]]
        said = " and ".join((", ".join(pairs[:-1]), pairs[-1])) if len(pairs) > 1 else "".join(pairs) or "it is done"
        return f"{said[:1].upper()}{said[1:]}."

    def _result(self, tool: GalleryTool) -> dict[str, Any]:
        if not tool.returns:
            return {"ok": True}
        return {item.name: draw_value(self._rng, item, self._language).value for item in tool.returns}


def _shown(value: Any) -> str:
    return ", ".join(map(_shown, value)) if isinstance(value, list) else str(value)
