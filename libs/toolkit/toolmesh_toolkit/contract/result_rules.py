"""What is listed is what there is, and a call ends with one result that keeps the tool's word."""

import json
from collections.abc import Iterator
from typing import Any

from toolmesh.tool.v1 import tool_service_pb2
from toolmesh_core.errors import DeadlineExceeded, InvalidInput
from toolmesh_core.json_schema import JsonSchema
from toolmesh_toolkit.contract.rule import Problem, rule
from toolmesh_toolkit.contract.served_tools import ExampleRun, ServedTools, limit_s

_MOST_OUTPUT_BYTES = 2 * 2**20


@rule("what is listed is what the source has, in pages and in order", "serve the function by the toolkit")
async def the_list_is_whole(served: ServedTools) -> list[Problem]:
    """Page by page."""
    wanted = sorted((tool.definition for tool in served.tools), key=lambda tool: tool.name)
    listed = []
    token = ""
    for _ in range(len(wanted) + 1):
        page = await served.stub.ListTools(tool_service_pb2.ListToolsRequest(page_size=1, page_token=token))
        listed += page.tools
        token = page.next_page_token
        if not token:
            break
    if listed != wanted:
        return [Problem("", f"it lists {[tool.name for tool in listed]}, not {[tool.name for tool in wanted]}")]
    return []


@rule("a bad page is refused", "serve the function by the toolkit")
async def bad_pages_are_refused(served: ServedTools) -> list[Problem]:
    """An unknown token, a size below 0."""
    found = []
    bad: tuple[dict[str, Any], ...] = ({"page_token": "?"}, {"page_size": -1})
    for fields in bad:
        try:
            await served.stub.ListTools(tool_service_pb2.ListToolsRequest(**fields))
        except InvalidInput:
            continue
        found.append(Problem("", f"it answered to {fields}"))
    return found


@rule(
    "an example gives one result, at the end",
    "mend what crashes; say no by ToolError(message, reason=...), whose reason is in upper case",
)
async def examples_give_one_result(served: ServedTools) -> list[Problem]:
    """A result or the tool's own no, nothing after it; a tool without yield sends nothing before it."""
    return [problem for run in await served.example_runs() for problem in _ends_well(run)]


def _ends_well(run: ExampleRun) -> Iterator[Problem]:
    said = f"example {run.example.request!r}"
    kinds = [event.WhichOneof("event") for event in run.events]
    if run.error is not None:
        if not isinstance(run.error, DeadlineExceeded):
            yield Problem(run.tool.name, f"{said} gave {type(run.error).__name__}: {run.error}")
    elif run.result is None or "result" in kinds[:-1]:
        yield Problem(run.tool.name, f"{said} gave {kinds}, not one result at the end")
    elif run.tool.definition.result_only and len(kinds) > 1:
        yield Problem(run.tool.name, f"{said} gave {kinds}, though it says result_only")
    elif run.result.WhichOneof("outcome") == "failure":
        failure = run.result.failure
        if failure.reason == "TOOL_CRASHED":
            yield Problem(run.tool.name, f"{said} crashed: {failure.message}")
        elif not (failure.reason.isupper() and failure.message):
            yield Problem(run.tool.name, f"{said} said no with reason {failure.reason!r} and {failure.message!r}")


@rule("an output keeps its schema", "return what the return type says, dates with a time zone; or mend the type")
async def outputs_keep_their_schema(served: ServedTools) -> list[Problem]:
    """Of each example."""
    found = []
    for run in await served.example_runs():
        if run.result is None:
            continue
        failure = run.result.failure
        lines = [failure.message] if failure.reason == "BAD_OUTPUT" else []
        if run.result.WhichOneof("outcome") == "output_json" and run.tool.definition.output_schema_json:
            schema = JsonSchema(run.tool.definition.output_schema_json, check_formats=False)
            lines = schema.check(json.loads(run.result.output_json), "output")
        found += [Problem(run.tool.name, f"example {run.example.request!r}: {line}") for line in lines]
    return found


@rule(f"an output has at most {_MOST_OUTPUT_BYTES} bytes", "give a page, or the first part and say that there is more")
async def outputs_are_bounded(served: ServedTools) -> list[Problem]:
    """Partial output counts, too."""
    found = []
    for run in await served.example_runs():
        size = sum(event.ByteSize() for event in run.events)
        said = f"example {run.example.request!r}"
        if run.result is not None and run.result.failure.reason == "OUTPUT_TOO_LARGE":
            found.append(Problem(run.tool.name, f"{said}: {run.result.failure.message}"))
        elif size > _MOST_OUTPUT_BYTES:
            found.append(Problem(run.tool.name, f"{said} gave {size} bytes"))
    return found


@rule("a tool keeps its time limit", "make it quicker, or allow it more by timeout=timedelta(seconds=...)")
async def time_limits_are_kept(served: ServedTools) -> list[Problem]:
    """Each example is done within it."""
    return [
        Problem(run.tool.name, f"example {run.example.request!r} was not done in {limit_s(run.tool):g} s")
        for run in await served.example_runs()
        if isinstance(run.error, DeadlineExceeded) or run.took_s > limit_s(run.tool)
    ]
