"""From the text of a policy file to the policy, or to every fault in it with its line."""

import operator
from collections.abc import Sequence

from pydantic import ValidationError

from toolmesh_core.errors import InvalidInput
from toolmesh_tool_router.domain.policy import arguments
from toolmesh_tool_router.domain.policy.limits import Limit
from toolmesh_tool_router.domain.policy.policy import Policy, TagMeanings, Unmatched
from toolmesh_tool_router.domain.policy.policy_entries import (
    ConditionEntry,
    LimitEntry,
    PolicyEntries,
    RuleEntry,
    SelectorEntry,
    rate_of,
)
from toolmesh_tool_router.domain.policy.redaction import Redaction
from toolmesh_tool_router.domain.policy.rule import Effect, Names, Rule, Selector
from toolmesh_tool_router.domain.policy.yaml_lines import BadYaml, Lined, read_yaml

_MOST_CHARACTERS = 2**20


def read_policy(text: str, file_name: str, built_in: Policy | None = None) -> Policy:
    """The policy that a file describes.

    Args:
        file_name: what faults are told with.
        built_in: the policy whose rules come after the file's own, where the file says `built_in_tools: allow`.

    Raises:
        InvalidInput: each fault on a line of its own, as "policy.yaml:12: ..."; reason BAD_POLICY.
    """
    if len(text) > _MOST_CHARACTERS:
        raise _refused([f"{file_name}:1: has {len(text)} characters; at most {_MOST_CHARACTERS} are read"])
    try:
        lined = read_yaml(text)
        entries = PolicyEntries.model_validate(lined.plain())
    except BadYaml as bad:
        raise _refused([f"{file_name}:{bad.line}: {bad.message}"]) from bad
    except ValidationError as bad:
        raise _refused([f"{file_name}:{line}: {fault}" for line, fault in _faults(bad, lined)]) from bad
    repeated = [*_repeats(entries.rules, lined, "rules"), *_repeats(entries.limits, lined, "limits")]
    if repeated:
        raise _refused([f"{file_name}:{line}: {fault}" for line, fault in repeated])
    more = built_in.rules if built_in is not None and entries.built_in_tools == "allow" else ()
    return Policy(
        rules=(*map(_rule, entries.rules), *more),
        limits=tuple(map(_limit, entries.limits)),
        redaction=Redaction(entries.redact.patterns, entries.redact.fields),
        unmatched=Unmatched(entries.unmatched.reads_only, entries.unmatched.otherwise),
        tags=TagMeanings(entries.tags.outside, entries.tags.spends),
    )


def _refused(faults: list[str]) -> InvalidInput:
    return InvalidInput("the policy file is not taken:\n" + "\n".join(faults), reason="BAD_POLICY")


def _faults(error: ValidationError, lined: Lined) -> list[tuple[int, str]]:
    found = []
    for item in error.errors(include_url=False):
        where = ".".join(str(part) for part in item["loc"])
        what = "is not known here" if item["type"] == "extra_forbidden" else item["msg"].removeprefix("Value error, ")
        found.append((lined.line_of(item["loc"]), f"{where or 'the file'}: {what}"))
    return sorted(found)


def _repeats(entries: Sequence[RuleEntry | LimitEntry], lined: Lined, section: str) -> list[tuple[int, str]]:
    names = [entry.name for entry in entries]
    return [
        (lined.line_of((section, place, "name")), f"{section}.{place}.name: {name!r} is the name of another one")
        for place, name in enumerate(names)
        if name in names[:place]
    ]


def _rule(entry: RuleEntry) -> Rule:
    every = entry.effect is Effect.ALLOW
    asked = entry.arguments_from_untrusted
    paths = asked if isinstance(asked, tuple) else ()
    return Rule(
        name=entry.name,
        effect=entry.effect,
        selector=_selector(entry),
        reason=entry.reason,
        tests=tuple(_test(condition, every=every) for condition in entry.arguments),
        from_untrusted=None if asked is None else bool(asked),
        roots=tuple(arguments.pointer_of(arguments.path_of(path)) for path in paths) or ("",),
        egress_hosts=entry.egress_hosts or (),
    )


def _limit(entry: LimitEntry) -> Limit:
    calls, seconds = rate_of(entry.rate) if entry.rate else (1, 1)
    return Limit(
        name=entry.name,
        selector=_selector(entry),
        per=frozenset(entry.per),
        rate_per_s=calls / seconds if entry.rate else None,
        burst=entry.burst or calls,
        concurrent=entry.concurrent,
    )


def _selector(entry: SelectorEntry) -> Selector:
    return Selector(
        tools=Names(entry.tools or ()),
        services=Names(entry.services or ()),
        tags=Names(entry.tags or ()),
        users=Names(entry.users or ()),
        keys=Names(entry.keys or ()),
        read_only=entry.read_only,
        needs_approval=entry.needs_approval,
        reaches_outside=entry.reaches_outside,
        spends=entry.spends,
    )


def _test(entry: ConditionEntry, *, every: bool) -> arguments.ArgumentTest:
    tests = [
        arguments.compared(holds, bound)
        for holds, bound in (
            (operator.lt, entry.less),
            (operator.gt, entry.greater),
            (operator.le, entry.at_most),
            (operator.ge, entry.at_least),
        )
        if bound is not None
    ]
    if "equals" in entry.model_fields_set:
        tests.append(arguments.same_as(entry.equals))
    if entry.one_of:
        tests.append(arguments.one_of(entry.one_of))
    if entry.matches is not None:
        tests.append(arguments.matching(entry.matches))
    if entry.host_in is not None:
        tests.append(arguments.to_host_of(entry.host_in))
    return arguments.argument_test(arguments.path_of(entry.path), tests, every=every, present=entry.exists)
