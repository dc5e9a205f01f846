"""Which arguments to write, and which of the request's mentions each one gets.

Mentions are given to parameters all at once, best fit first and each to one parameter only: a number that stands
beside "height" is the height, and then it is not also the base. What no mention decides is left to the LLM.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from toolmesh_controller.domain.assignment import assign
from toolmesh_controller.domain.listed_values import described_words, listed_values, stated_default
from toolmesh_controller.domain.mention_values import fit_of, value_for
from toolmesh_controller.domain.mentions import Mention
from toolmesh_controller.domain.request_text import RequestText
from toolmesh_controller.domain.synonyms import SAID_AS
from toolmesh_controller.domain.tool_schema import Parameter, choices_of, kind_of, simple_node
from toolmesh_controller.domain.words import split_identifier, word_set

# Tuned on Seal-Tools dev: how near a parameter's words must stand to a mention for an optional one to be written.
OPTIONAL_AFFINITY = 1.0
REQUIRED_FIRST = 0.5
CERTAIN_FIT = 2.0
DIRECTIONS = frozenset(("from", "to"))
# A date or time that nobody says is the present one, where the description offers that.
_PRESENT = ("today", "now")
_NEGATIONS = word_set("without not no don't exclude excluding disable off never") | {"without", "no", "not", "dont"}


@dataclass(frozen=True, slots=True)
class Slot:
    """One argument to write: with its value where the request decides it, else for the LLM."""

    parameter: Parameter
    value: Any = None
    decided: bool = False
    mention: Mention | None = None


def slots_of(parameters: Sequence[Parameter], request: RequestText, tool_words: frozenset[str]) -> list[Slot]:
    """The arguments to write, in the order of `parameters`."""
    said = {
        item.name: None if _is_typed(item, request) else _said_value(item, request, tool_words) for item in parameters
    }
    given = _assign([item for item in parameters if said[item.name] is None], request)
    slots = []
    for parameter in parameters:
        mention = given.get(parameter.name)
        if mention:
            slots.append(Slot(parameter, value_for(parameter, mention, request.text), True, mention))
        elif said[parameter.name] is not None:
            slots.append(Slot(parameter, said[parameter.name], True))
        elif parameter.required:
            slots.append(_undecided(parameter))
    return slots


def names_of(parameter: Parameter) -> frozenset[str]:
    """The words of a parameter's name; "from" and "to" count here, though they are stop words elsewhere."""
    words = split_identifier(parameter.name)
    return word_set(words) | (DIRECTIONS & set(words.lower().split()))


def _is_typed(parameter: Parameter, request: RequestText) -> bool:
    """Whether the request has a mention of just this parameter's kind: a URL for a URL."""
    return any(fit_of(parameter, mention) >= CERTAIN_FIT for mention in request.mentions)


def _assign(parameters: Sequence[Parameter], request: RequestText) -> dict[str, Mention]:
    weights: dict[tuple[str, int], float] = {}
    for parameter in parameters:
        named, described = names_of(parameter), described_words(parameter.description)
        for at, mention in enumerate(request.mentions):
            fit = fit_of(parameter, mention)
            if fit == 0.0:
                continue
            affinity = request.affinity(mention, named, described)
            if parameter.required or affinity + (fit - 1.0) >= OPTIONAL_AFFINITY:
                weights[parameter.name, at] = affinity + fit + (REQUIRED_FIRST if parameter.required else 0.0)
    if not weights:
        return {}
    given = assign([parameter.name for parameter in parameters], request.mentions, weights)
    return {name: request.mentions[at] for name, at in given.items()}


def _said_value(parameter: Parameter, request: RequestText, tool_words: frozenset[str]) -> Any:
    """The value of an enumeration or a yes/no that the request's words decide, else None."""
    node = simple_node(parameter.node)
    kind = kind_of(node)
    if kind == "enum":
        choices = choices_of(node)
        said_as = _said_choice(choices, request)
        return _said_in_other_words(choices, request.text) if said_as is None else said_as
    if kind == "string" and not node.get("format"):
        return _said_choice(listed_values(parameter.description), request)
    if kind == "boolean":
        said = (names_of(parameter) - tool_words) & request.words
        if said:
            return not _negated(request, said)
        return None
    return None


def _said_choice(choices: Iterable[Any], request: RequestText) -> Any:
    said = [choice for choice in choices if isinstance(choice, str) and _is_said(choice, request)]
    return max(said, key=len) if said else None


def _said_in_other_words(choices: Iterable[Any], text: str) -> Any:
    """The choice one of whose other names is said; the longest name wins."""
    lower = text.lower()
    said = [
        (len(name), choice)
        for choice in choices
        if isinstance(choice, str)
        for name in SAID_AS.get(choice.lower(), ())
        if re.search(rf"(?<![a-z]){re.escape(name)}(?![a-z])", lower)
    ]
    return max(said, key=lambda pair: pair[0])[1] if said else None


def _is_said(choice: str, request: RequestText) -> bool:
    words = word_set(split_identifier(choice))
    if len(choice) == 1:
        return choice in request.text.split()
    if words:
        return words <= request.words
    return len(choice) > 0 and choice.lower() in request.text.lower().split()


def _negated(request: RequestText, said: frozenset[str]) -> bool:
    """A negation among the four units before the first word that names the parameter."""
    for at, words in enumerate(request.unit_words):
        if words & said:
            before = request.units[max(0, at - 4) : at]
            return any(unit.text.lower() in _NEGATIONS for unit in before)
    return False


def _undecided(parameter: Parameter) -> Slot:
    node = simple_node(parameter.node)
    if "default" in parameter.node:
        return Slot(parameter, parameter.node["default"], True)
    kind = kind_of(node)
    stated = stated_default(parameter.description, kind)
    if stated is not None:
        return Slot(parameter, stated, True)
    offered = listed_values(parameter.description) if kind == "string" else ()
    present = next((word for word in _PRESENT if word in offered), None)
    if present:
        return Slot(parameter, present, True)
    if kind == "enum" and len(choices_of(node)) == 1:
        return Slot(parameter, choices_of(node)[0], True)
    if kind == "boolean":
        return Slot(parameter, False, True)
    return Slot(parameter)
