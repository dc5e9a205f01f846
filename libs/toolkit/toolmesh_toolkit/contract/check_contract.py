"""Holds tools to all rules of the contract, one after the other."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

from toolmesh_core.errors import ToolMeshError
from toolmesh_toolkit.contract import argument_rules, result_rules, service_rules
from toolmesh_toolkit.contract.description_rules import DESCRIPTION_RULES
from toolmesh_toolkit.contract.rule import Problem, Rule, Tools, Verdict
from toolmesh_toolkit.contract.served_tools import ServedTools

CallCheck = Callable[[ServedTools], Awaitable[list[Problem]]]
CALL_RULES: tuple[Rule[CallCheck], ...] = (
    service_rules.health_is_serving,
    result_rules.the_list_is_whole,
    result_rules.bad_pages_are_refused,
    argument_rules.unknown_tools_are_not_found,
    argument_rules.unknown_arguments_are_refused,
    argument_rules.missing_arguments_are_refused,
    argument_rules.wrong_types_are_refused,
    argument_rules.other_than_an_object_is_refused,
    result_rules.examples_give_one_result,
    result_rules.outputs_keep_their_schema,
    result_rules.outputs_are_bounded,
    result_rules.time_limits_are_kept,
    service_rules.deadlines_are_obeyed,
    service_rules.cancelled_calls_end,
    service_rules.calls_at_once_all_end,
    service_rules.it_drains_on_sigterm,
)


def check_descriptions(tools: Tools) -> Iterator[Verdict]:
    """What the tools say of themselves, rule by rule."""
    for one in DESCRIPTION_RULES:
        yield Verdict(one.name, one.says, one.remedy, tuple(one.check(tools)))


async def check_calls(served: ServedTools) -> AsyncIterator[Verdict]:
    """How the running tools behave, rule by rule; after the last one a process that can be stopped is gone."""
    for one in CALL_RULES:
        yield Verdict(one.name, one.says, one.remedy, tuple(await problems_of(one, served)))


async def problems_of(one: Rule[CallCheck], served: ServedTools) -> list[Problem]:
    """What breaks one rule; a service that does not answer breaks it, too."""
    try:
        return await one.check(served)
    except ToolMeshError as error:
        return [Problem("", f"the service gave {type(error).__name__}: {error}")]
