"""What each tool must say of itself, so that an LLM, a search and a person know what it is."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from toolmesh_core.errors import InvalidInput
from toolmesh_core.json_schema import JsonSchema
from toolmesh_toolkit.contract.rule import Problem, Rule, Tools, rule
from toolmesh_toolkit.tool_function import ToolFunction

DescriptionCheck = Callable[[Tools], Iterator[Problem]]
_NAME = re.compile(r"[a-z][a-z0-9_]{1,63}")
_FEWEST_WORDS = 4
_LONGEST_TIMEOUT_S = 120
_MOST_SCHEMA_CHARACTERS = 64 * 1024


@rule("there are tools, and each name is there once", "write @tool above a function; rename one of two")
def tools_are_there(tools: Tools) -> Iterator[Problem]:
    """Some tools; no name twice."""
    if not tools:
        yield Problem("", "there is no tool")
    for name, times in Counter(tool.name for tool in tools).items():
        if times > 1:
            yield Problem(name, f"the name is there {times} times")


@rule(
    "a name is what an LLM and a URL can say: a to z, 0 to 9 and _", 'rename the function, or @tool(name="such_a_name")'
)
def names_can_be_said(tools: Tools) -> Iterator[Problem]:
    """snake_case, 2 to 64 characters."""
    for tool in tools:
        if not _NAME.fullmatch(tool.name):
            yield Problem(tool.name, f"the name {tool.name!r} is not of 2 to 64 of a to z, 0 to 9 and _")


@rule("a description says what the tool does", f"write {_FEWEST_WORDS} words or more in the docstring: what, and when")
def descriptions_say_what_it_does(tools: Tools) -> Iterator[Problem]:
    """Not just the name again."""
    for tool in tools:
        words = tool.definition.description.split()
        # Chinese and Japanese do not part words.
        if len(words) < _FEWEST_WORDS and tool.definition.description.isascii():
            yield Problem(tool.name, f"its description is {tool.definition.description!r}")


@rule("the arguments are one closed JSON object under a valid schema", "let @tool make the schema of a typed function")
def arguments_have_a_schema(tools: Tools) -> Iterator[Problem]:
    """Valid, an object, and nothing unknown passes."""
    for tool in tools:
        schema = arguments_schema(tool)
        yield from _schema_problems(tool, "arguments", tool.definition.arguments_schema_json)
        if schema.get("type") != "object" or schema.get("additionalProperties") is not False:
            yield Problem(tool.name, "its arguments schema is not a closed object")


@rule("each argument is described", 'write Annotated[TYPE, Field(description="...")], or a line under "Args:"')
def arguments_are_described(tools: Tools) -> Iterator[Problem]:
    """The LLM fills what it is told about."""
    for tool in tools:
        for name, facts in arguments_schema(tool).get("properties", {}).items():
            if not (isinstance(facts, dict) and str(facts.get("description", "")).strip()):
                yield Problem(tool.name, f'argument "{name}" has no description')


@rule("the output is declared under a valid schema", "write the function's return type")
def outputs_are_declared(tools: Tools) -> Iterator[Problem]:
    """So that callers know what comes back."""
    for tool in tools:
        if not tool.definition.output_schema_json:
            yield Problem(tool.name, "its output is not declared")
        else:
            yield from _schema_problems(tool, "output", tool.definition.output_schema_json)


@rule(
    "there is an example, and its arguments keep the schema",
    '@tool(examples=[Example("what a person says", {"name": "value"})]); search finds a tool by them, too',
)
def examples_are_valid(tools: Tools) -> Iterator[Problem]:
    """With arguments, since those are called."""
    for tool in tools:
        if not tool.examples:
            yield Problem(tool.name, "it has no example with arguments")
        for example in tool.examples:
            for line in JsonSchema(arguments_schema(tool)).check(dict(example.arguments)):
                yield Problem(tool.name, f"example {example.request!r}: {line}")


@rule(
    "what changes nothing may be called again and needs no approval",
    "with read_only=True write idempotent=True, and leave out needs_approval and cost",
)
def readers_are_harmless(tools: Tools) -> Iterator[Problem]:
    """read_only says that a call does no harm."""
    for tool in tools:
        made = tool.definition
        if made.read_only and not made.idempotent:
            yield Problem(tool.name, "it is read_only and not idempotent")
        if made.read_only and made.needs_approval:
            yield Problem(tool.name, "it is read_only and needs approval")


@rule(f"a time limit is within {_LONGEST_TIMEOUT_S} s", "write timeout=timedelta(seconds=...) as a call may take")
def time_limits_are_in_reason(tools: Tools) -> Iterator[Problem]:
    """A run waits for each call."""
    for tool in tools:
        if tool.timeout_s is not None and not 0 < tool.timeout_s <= _LONGEST_TIMEOUT_S:
            yield Problem(tool.name, f"its time limit is {tool.timeout_s:g} s")


DESCRIPTION_RULES: tuple[Rule[DescriptionCheck], ...] = (
    tools_are_there,
    names_can_be_said,
    descriptions_say_what_it_does,
    arguments_have_a_schema,
    arguments_are_described,
    outputs_are_declared,
    examples_are_valid,
    readers_are_harmless,
    time_limits_are_in_reason,
)


def arguments_schema(tool: ToolFunction[..., Any]) -> dict[str, Any]:
    """The schema of a tool's arguments, parsed."""
    return dict(json.loads(tool.definition.arguments_schema_json))


def _schema_problems(tool: ToolFunction[..., Any], what: str, text: str) -> Iterator[Problem]:
    if len(text) > _MOST_SCHEMA_CHARACTERS:
        yield Problem(tool.name, f"its {what} schema has {len(text)} characters, over {_MOST_SCHEMA_CHARACTERS}")
    try:
        JsonSchema(text)
    except InvalidInput as error:
        yield Problem(tool.name, f"its {what} schema is {error.message}")
