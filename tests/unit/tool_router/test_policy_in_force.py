"""A call before the policy: made, refused, held, limited; what is logged, counted and blotted out."""

import asyncio
import json
import logging
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest

from toolmesh_core.errors import InvalidInput, PermissionDenied, ResourceExhausted
from toolmesh_tool_router.domain.call_events import PartialOutput, Progress, ToolFailure, ToolOutcome
from toolmesh_tool_router.domain.policy.read_policy import read_policy
from toolmesh_tool_router.domain.tool_definition import ToolDefinition

Make = Callable[..., ToolDefinition]
Router = Any  # FakeRouter of the conftest


def use(router: Router, policy: str) -> None:
    router.policy.use(read_policy(f"version: 1\n{policy}", "p.yaml"))


def one_rule(router: Router, rest: str) -> None:
    use(router, f"rules:\n  - name: the-rule\n    tools: [add]\n    {rest}")


async def test_a_denied_call_never_reaches_its_tool_and_the_caller_learns_why(router: Router, definition: Make) -> None:
    service = await router.add("calc", definition("add"))
    one_rule(router, "effect: deny\n    reason: Ask the finance desk.")
    with pytest.raises(PermissionDenied, match=r"rule 'the-rule' of the policy denies .*'add': Ask the") as told:
        await router.call("add")
    assert (told.value.reason, told.value.metadata["rule"]) == ("POLICY_DENIED", "the-rule")
    assert service.calls == []
    assert router.meter.results == [("", "POLICY_DENIED")]


async def test_a_tool_that_writes_is_denied_where_no_rule_allows_it(router: Router, definition: Make) -> None:
    await router.add("calc", definition("add"), definition("see", read_only=True))
    use(router, "")
    with pytest.raises(PermissionDenied, match=r"the policy denies .* writes \(it does not say read_only\)") as told:
        await router.call("add")
    assert told.value.metadata["rule"] == "no-rule"
    await router.call("see")


async def test_a_held_call_is_made_only_when_a_person_has_approved_it(router: Router, definition: Make) -> None:
    service = await router.add("calc", definition("add"))
    one_rule(router, "effect: hold\n    reason: It is dear.")
    with pytest.raises(PermissionDenied, match=r"holds this call .* approval: It is dear") as told:
        await router.call("add")
    assert (told.value.reason, told.value.metadata) == (
        "APPROVAL_REQUIRED",
        {"rule": "the-rule", "why": "It is dear."},
    )
    await router.call("add", approved=True)
    assert len(service.calls) == 1


async def test_approval_opens_no_rule_that_denies(router: Router, definition: Make) -> None:
    await router.add("calc", definition("add"))
    one_rule(router, "effect: deny")
    with pytest.raises(PermissionDenied):
        await router.call("add", approved=True)


async def test_a_refused_call_may_be_made_again_under_its_request_id(router: Router, definition: Make) -> None:
    await router.add("calc", definition("add"))
    one_rule(router, "effect: hold")
    with pytest.raises(PermissionDenied):
        await router.call("add", request_id="r1")
    await router.call("add", request_id="r1", approved=True)


async def test_bad_arguments_are_refused_before_a_rule_looks_inside(router: Router, definition: Make) -> None:
    await router.add("calc", definition("add"))
    one_rule(router, "effect: deny")
    with pytest.raises(InvalidInput):
        await router.call("add", '{"a": "x"}')
    assert router.meter.decisions == []


async def test_a_tool_reads_the_arguments_that_the_rules_read(router: Router, definition: Make) -> None:
    service = await router.add("calc", definition("add"), definition("see"))
    use(router, "rules:\n  - {name: low, effect: allow, tools: [add], arguments: [{path: a, less: 5}]}")
    await router.call("add", '{"a": 999, "a": 4}')
    with pytest.raises(PermissionDenied):
        await router.call("add", '{"a": 4, "a": 999}')
    assert [call.arguments_json for call, _ in service.calls] == ['{"a":4}']


async def test_arguments_nested_too_deeply_to_be_judged_are_refused(router: Router, definition: Make) -> None:
    service = await router.add("calc", definition("add", arguments_schema_json='{"type":"object"}'))
    use(router, "rules:\n  - {name: low, effect: allow, arguments: [{path: a, exists: true}]}")
    with pytest.raises(InvalidInput, match="nested too deeply"):
        await router.call("add", '{"a": ' + "[" * 300 + "]" * 300 + "}")
    assert service.calls == []


async def test_a_limit_is_free_again_when_the_call_has_ended_however_it_ended(router: Router, definition: Make) -> None:
    service = await router.add("calc", definition("add"))
    use(router, "unmatched: {otherwise: allow}\nlimits:\n  - name: one\n    concurrent: 1\n    per: [tool, user]")
    service.behaviours = [[asyncio.Event().wait], [InvalidInput("odd")], [ToolOutcome("4")]]
    running = asyncio.create_task(router.call("add"))
    await service.until(lambda it: it.calls)
    with pytest.raises(ResourceExhausted, match="limit 'one' of the policy is reached") as reached:
        await router.call("add")
    assert reached.value.reason == "POLICY_LIMIT"
    running.cancel()
    await asyncio.wait([running])
    await service.until(lambda it: it.cancelled)
    with pytest.raises(InvalidInput, match="odd"):
        await router.call("add")
    await router.call("add")


async def test_a_repeated_request_id_counts_once(router: Router, definition: Make) -> None:
    await router.add("calc", definition("add"))
    use(router, "unmatched: {otherwise: allow}\nlimits:\n  - {name: two, rate: 2/hour}")
    for _ in range(5):
        await router.call("add", request_id="r1")
    await router.call("add")
    with pytest.raises(ResourceExhausted):
        await router.call("add")


async def test_the_hosts_of_the_rule_go_to_the_tool_with_the_call(router: Router, definition: Make) -> None:
    service = await router.add("calc", definition("add"))
    one_rule(router, "effect: allow\n    egress_hosts: [api.example]")
    await router.call("add", untrusted_arguments=("/a",))
    [(call, _)] = service.calls
    assert (call.egress_hosts, call.untrusted_arguments) == (("api.example",), ("/a",))


async def test_each_decision_is_counted_and_in_the_log_without_arguments(
    router: Router, definition: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await router.add("calc", definition("add"))
    use(
        router,
        "rules:\n"
        "  - {name: no, effect: deny, arguments: [{path: a, equals: 31415}]}\n"
        "  - {name: wait, effect: hold, arguments: [{path: a, equals: 27182}]}\n"
        "  - {name: yes, effect: allow}\n"
        "limits:\n  - {name: one, rate: 1/day}\n",
    )
    for argument in (31415, 27182, 5, 6):
        refused = pytest.raises((PermissionDenied, ResourceExhausted)) if argument != 5 else nullcontext()
        with refused:
            await router.call("add", f'{{"a": {argument}}}', key="desk")
    assert router.meter.decisions == ["deny", "hold", "allow", "limit"]
    told = [vars(record) for record in caplog.records if record.getMessage() == "policy decision"]
    assert [(line["effect"], line["rule"]) for line in told] == [
        ("deny", "no"),
        ("hold", "wait"),
        ("allow", "yes"),
        ("limit", "one"),
    ]
    assert {(line["tool"], line["tool_service"], line["user"], line["key"]) for line in told} == {
        ("add", "calc", "ada", "desk")
    }
    assert not any("31415" in str(line) or "27182" in str(line) for line in told)


async def test_a_call_that_no_rule_had_a_word_on_is_counted_and_not_in_the_log(
    router: Router, definition: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await router.add("calc", definition("add"))
    await router.call("add")
    assert router.meter.decisions == ["allow"]
    assert "policy decision" not in caplog.messages


async def test_secrets_are_blotted_out_of_all_that_a_tool_says(router: Router, definition: Make) -> None:
    service = await router.add("calc", definition("add"))
    use(router, "unmatched: {otherwise: allow}\nredact: {patterns: ['sk-[a-z]+']}")
    failure = ToolFailure("NO", "bad key sk-abc")
    service.behaviours = [
        [Progress(0.5, "with sk-abc"), PartialOutput("got sk-abc"), ToolOutcome('{"key": "sk-abc"}')],
        [ToolOutcome(failure=failure)],
        [InvalidInput("no sk-abc here")],
        [ToolOutcome(json.dumps(["sk-abc"] * 5000))],
    ]
    progress, partial, finished = await router.call("add")
    assert (progress.message, partial.text) == ("with [redacted]", "got [redacted]")
    assert finished.outcome.output_json == '{"key":"[redacted]"}'
    [finished] = await router.call("add")
    assert finished.outcome.failure.message == "bad key [redacted]"
    with pytest.raises(InvalidInput, match=r"no \[redacted\] here"):
        await router.call("add")
    await router.call("add")
    [(_, stored, _, _)] = router.artifacts.stored
    assert b"sk-abc" not in stored
