"""Fills: writes a chosen tool's arguments. What the request decides is taken; the rest the LLM writes by grammar."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from toolmesh_controller.app.fit_prompt import FitPrompt, Pieces
from toolmesh_controller.app.limits import Limits
from toolmesh_controller.app.offload import offloaded
from toolmesh_controller.app.ports import Constraint, Inference, ModelInfo, ModelRef, Sampling
from toolmesh_controller.app.tool_book import ReadTool
from toolmesh_controller.app.whole_text import whole_text
from toolmesh_controller.domain.conversation import Message, Usage
from toolmesh_controller.domain.grammar import GrammarWriter
from toolmesh_controller.domain.missing import missing_from
from toolmesh_controller.domain.optional_text import SpokenOption, spoken_options
from toolmesh_controller.domain.prompts import fill_messages, whole_fill_messages
from toolmesh_controller.domain.request_text import RequestText, request_text
from toolmesh_controller.domain.slots import Slot, slots_of
from toolmesh_controller.domain.turn import parsed
from toolmesh_controller.domain.value_grammar import OpenArgument, open_value

_GREEDY = 0.0


@dataclass(frozen=True, slots=True)
class Filled:
    """The arguments, or what stands against them: values that nobody gave, or errors under the schema."""

    arguments: dict[str, Any]
    missing: tuple[Slot, ...] = ()
    errors: tuple[str, ...] = ()


@dataclass(slots=True)
class _Sourced:
    """A slot with the text its value comes from."""

    slot: Slot
    source: RequestText


@dataclass(slots=True)
class FillArguments:
    inference: Inference
    fit_prompt: FitPrompt
    limits: Limits

    async def __call__(
        self, ref: ModelRef, model: ModelInfo, tool: ReadTool, sources: Sequence[str], usage: Usage, *, may_ask: bool
    ) -> Filled:
        """Writes the arguments.

        Args:
            sources: where values may come from, the nearest first: the part of the request, the whole of it, results,
                earlier messages. A later one is looked at only for what the ones before it lack.
            may_ask: whether a value that no source holds ends the filling; otherwise the LLM makes one up.
        """
        characters = sum(len(source) for source in sources)
        found, missing = await offloaded(characters, lambda: _sourced_slots(tool, sources))
        if missing and may_ask:
            return Filled({}, tuple(missing))
        if not model.takes_grammar and any(not item.slot.decided for item in found):
            return await self._whole(
                ref, model, tool, sources[0], usage, Constraint(json_schema=json.dumps(tool.schema))
            )
        written = {item.slot.parameter.name: item.slot.value for item in found if item.slot.decided}
        for item in found:
            if not item.slot.decided:
                value = await self._value(ref, model, tool, item, found, written, usage)
                written[item.slot.parameter.name] = value
        for option in _spoken_options(tool, request_text(sources[0]), found, written):
            written[option.parameter.name] = option.phrase.text
        arguments = {item.name: written[item.name] for item in tool.parameters if item.name in written}
        return await self._checked(ref, model, tool, sources[0], arguments, usage)

    async def said(self, tool: ReadTool, sources: Sequence[str]) -> dict[str, Any]:
        """Values by parameter that the words decide by themselves: mentions, and optional ones that are spoken of."""
        found, _ = await offloaded(sum(map(len, sources)), lambda: _sourced_slots(tool, sources))
        slots = [item.slot for item in found]
        return {
            slot.parameter.name: slot.value
            for slot in slots
            if slot.decided and (slot.mention or not slot.parameter.required)
        }

    async def _value(
        self,
        ref: ModelRef,
        model: ModelInfo,
        tool: ReadTool,
        item: _Sourced,
        found: Sequence[_Sourced],
        written: dict[str, Any],
        usage: Usage,
    ) -> Any:
        """One open argument's value: by the words around it where they are clear, else by the LLM."""
        parameter, source = item.slot.parameter, item.source
        texts = [other for other in found if other.slot.parameter.kind == "string" and not other.slot.mention]
        alone = all(other is item or other.slot.parameter.name in written for other in texts)
        place = (texts.index(item) + 0.5) / len(texts) if item in texts else 0.5
        taken = _taken(source, found, written)
        argument = OpenArgument(parameter, source, taken, tool.own_words, tool.words.name, alone, place)
        value = await offloaded(len(source.text), lambda: open_value(argument, self.limits.bounds))
        if value.decided:
            return value.value
        shown = [other for other in tool.parameters if other.name in written or other.name == parameter.name]
        messages = fill_messages(tool.name, tool.description, shown, source.text, written, parameter.name)
        return parsed(await self._text(ref, model, messages, Constraint(grammar=value.grammar), usage))

    async def _checked(
        self, ref: ModelRef, model: ModelInfo, tool: ReadTool, source: str, arguments: dict[str, Any], usage: Usage
    ) -> Filled:
        """The arguments if they are valid; else without the optional ones at fault; else written again once."""
        errors = tool.validator.errors(arguments)
        if not errors:
            return Filled(arguments)
        required = {item.name for item in tool.parameters if item.required}
        wrong = {path.split(".")[0] for path, _ in errors}
        kept = {name: value for name, value in arguments.items() if name in required or name not in wrong}
        if tool.validator.is_valid(kept):
            return Filled(kept)
        complaint = "; ".join(line for _, line in errors)
        writer = GrammarWriter(self.limits.bounds)
        schema = {**tool.schema, "properties": {item.name: item.node for item in tool.parameters}}
        grammar = writer.text(writer.value(schema))
        constraint = (
            Constraint(grammar=grammar) if model.takes_grammar else Constraint(json_schema=json.dumps(tool.schema))
        )
        return await self._whole(ref, model, tool, source, usage, constraint, complaint)

    async def _whole(
        self,
        ref: ModelRef,
        model: ModelInfo,
        tool: ReadTool,
        source: str,
        usage: Usage,
        constraint: Constraint,
        complaint: str = "",
    ) -> Filled:
        """All arguments in one text."""
        messages = whole_fill_messages(tool.name, tool.description, tool.parameters, source, complaint)
        arguments = parsed(await self._text(ref, model, messages, constraint, usage))
        if not isinstance(arguments, dict):
            return Filled({}, errors=("the model wrote no JSON object",))
        return Filled(arguments, errors=tuple(tool.validator.check(arguments)))

    async def _text(
        self, ref: ModelRef, model: ModelInfo, messages: Sequence[Message], constraint: Constraint, usage: Usage
    ) -> str:
        pieces = Pieces([message.content for message in messages])
        await self.fit_prompt(model, pieces, self.limits.argument_tokens)
        sampling = Sampling(temperature=_GREEDY, max_tokens=self.limits.argument_tokens)
        return await whole_text(self.inference, ref, messages, sampling, constraint, usage)


def _spoken_options(
    tool: ReadTool, source: RequestText, found: Sequence[_Sourced], written: Mapping[str, Any]
) -> list[SpokenOption]:
    """Optional text arguments that are not written yet and that the request itself speaks of."""
    options = [item for item in tool.parameters if item.kind == "string" and item.name not in written]
    if not options:
        return []
    return spoken_options(options, source.text, _taken(source, found, written), tool.own_words)


def _sourced_slots(tool: ReadTool, sources: Sequence[str]) -> tuple[list[_Sourced], list[Slot]]:
    """The slots of the first source, what it lacks taken from later ones; and what none of them holds."""
    first = request_text(sources[0])
    slots = slots_of(tool.parameters, first, tool.words.name)
    found = {slot.parameter.name: _Sourced(slot, first) for slot in slots}
    missing = missing_from(slots, first, tool.own_words)
    for text in sources[1:]:
        if not missing:
            break
        wider = request_text(text)
        wanted = [slot.parameter for slot in missing]
        more = slots_of(wanted, wider, tool.words.name)
        found.update({slot.parameter.name: _Sourced(slot, wider) for slot in more})
        missing = missing_from(more, wider, tool.own_words)
    return [found[slot.parameter.name] for slot in slots], missing


def _taken(source: RequestText, found: Sequence[_Sourced], written: Mapping[str, Any]) -> tuple[tuple[int, int], ...]:
    """Where in a text the values stand that are written already."""
    spans = [
        (item.slot.mention.start, item.slot.mention.end)
        for item in found
        if item.slot.mention and item.source is source
    ]
    for item in found:
        value = written.get(item.slot.parameter.name)
        if not item.slot.mention and isinstance(value, str) and value:
            at = source.text.casefold().find(value.casefold())
            if at >= 0:
                spans.append((at, at + len(value)))
    return tuple(spans)
