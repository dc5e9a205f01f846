"""Bad arguments are refused before the tool runs, by a message that an LLM can act on."""

from collections.abc import Iterator
from typing import Any

from toolmesh_core.errors import InvalidInput, NotFound, ToolMeshError
from toolmesh_core.json_schema import JsonSchema
from toolmesh_toolkit.contract.description_rules import arguments_schema
from toolmesh_toolkit.contract.rule import Problem, rule
from toolmesh_toolkit.contract.served_tools import ServedTools, Tool

_UNKNOWN = "no_such_argument"
_NOT_AN_OBJECT = ("[1]", '"x"', "3", "{", "")
# In the order of how few types take them.
_WRONG_VALUES: tuple[Any, ...] = ({"no_such_member": [None]}, [[None]], 0.5, "\N{BLACK CLUB SUIT}", None)
_REMEDY = "serve the function by the toolkit, and do not take arguments by a validator that lets all pass"


@rule("an argument that it does not have is refused by name", _REMEDY)
async def unknown_arguments_are_refused(served: ServedTools) -> list[Problem]:
    """And the error's field says which."""
    found = [await _refusal(served, tool, {_UNKNOWN: 1}, _UNKNOWN) for tool in served.tools]
    return [problem for problem in found if problem]


@rule("an argument that it needs and does not get is refused by name", _REMEDY)
async def missing_arguments_are_refused(served: ServedTools) -> list[Problem]:
    """Each of the required ones is left out in turn."""
    found = []
    for tool in served.tools:
        for name in arguments_schema(tool).get("required", []):
            given = {key: value for key, value in _example_of(tool).items() if key != name}
            found.append(await _refusal(served, tool, given, name))
    return [problem for problem in found if problem]


@rule("an argument of a wrong type is refused by name", _REMEDY)
async def wrong_types_are_refused(served: ServedTools) -> list[Problem]:
    """Each gets in turn a value that its schema does not take; only tools that may be called are asked."""
    found = []
    for tool in served.callable_tools():
        for name, given in _with_one_wrong(tool):
            found.append(await _refusal(served, tool, given, name))
    return [problem for problem in found if problem]


@rule("arguments that are no JSON object are refused", _REMEDY)
async def other_than_an_object_is_refused(served: ServedTools) -> list[Problem]:
    """Other JSON, and what is none. Nothing at all counts as {}."""
    found: list[Problem | None] = []
    for tool in served.tools:
        texts = _NOT_AN_OBJECT if arguments_schema(tool).get("required") else _NOT_AN_OBJECT[:-1]
        found += [await _refusal(served, tool, text, "") for text in texts]
    return [problem for problem in found if problem]


@rule("a tool that is not there is not found", "serve the function by the toolkit")
async def unknown_tools_are_not_found(served: ServedTools) -> list[Problem]:
    """NOT_FOUND, with its name."""
    try:
        await served.call("no_such_tool", {})
    except NotFound as error:
        return [] if "no_such_tool" in str(error) else [Problem("", f"the error does not name the tool: {error}")]
    except ToolMeshError as error:
        return [Problem("", f"a call of no_such_tool gave {type(error).__name__}: {error}")]
    return [Problem("", "a call of no_such_tool was answered")]


async def _refusal(served: ServedTools, tool: Tool, arguments: Any, name: str) -> Problem | None:
    """None where the arguments are refused, by the name of the bad one and with a field to mend."""
    shown = arguments if isinstance(arguments, str) else f"a bad {name!r}"
    try:
        await served.call(tool.name, arguments)
    except InvalidInput as error:
        if error.field and name in str(error):
            return None
        return Problem(tool.name, f"{shown} was refused without its name: {error}")
    except ToolMeshError as error:
        return Problem(tool.name, f"{shown} gave {type(error).__name__}: {error}")
    return Problem(tool.name, f"{shown} was not refused")


def _with_one_wrong(tool: Tool) -> Iterator[tuple[str, dict[str, Any]]]:
    """For each argument that does not take everything, an example where just it is wrong."""
    schema = arguments_schema(tool)
    compiled = JsonSchema(schema)
    for name in schema.get("properties", {}):
        tried = ({**_example_of(tool), name: value} for value in _WRONG_VALUES)
        wrong = next((given for given in tried if not compiled.is_valid(given)), None)
        if wrong is not None:
            yield name, wrong


def _example_of(tool: Tool) -> dict[str, Any]:
    return dict(tool.examples[0].arguments) if tool.examples else {}
