"""Which rule decides on a call."""

from textwrap import dedent
from typing import Any

import pytest

from toolmesh_core.json_schema import JsonSchema
from toolmesh_tool_router.domain.call_events import ToolCall
from toolmesh_tool_router.domain.policy.policy import NO_RULE, Decision
from toolmesh_tool_router.domain.policy.read_policy import read_policy
from toolmesh_tool_router.domain.policy.rule import Effect
from toolmesh_tool_router.domain.tool_definition import ToolDefinition
from toolmesh_tool_router.domain.tool_registry import RegisteredTool

SCHEMA = JsonSchema({"type": "object"})


def decide(
    policy: str, arguments: Any = None, *, name: str = "pay", service: str = "bank", call: Any = None, **facts: Any
) -> Decision:
    definition = ToolDefinition(name=name, description="d", arguments_schema_json="{}", **facts)
    tool = RegisteredTool(definition, service, SCHEMA, frozenset())
    asked = ToolCall(**{"tool": name, "arguments_json": "", "user": "ada", "key": "desk", **(call or {})})
    return read_policy(f"version: 1\n{dedent(policy)}", "p.yaml").decide(asked, tool, arguments or {})


def rule(lines: str, effect: str = "allow") -> str:
    inner = "\n".join(f"    {line}" for line in dedent(lines).strip().splitlines())
    return f"rules:\n  - name: it\n    effect: {effect}\n{inner}\n"


def fits(lines: str, arguments: Any = None, effect: str = "allow", **facts: Any) -> bool:
    return decide(rule(lines, effect), arguments, **facts).rule == "it"


def test_the_first_rule_that_fits_decides() -> None:
    policy = """
    rules:
      - {name: other, effect: deny, tools: [send_*]}
      - {name: first, effect: hold, tools: [pay], reason: dear}
      - {name: second, effect: allow, tools: [pay]}
    """
    assert decide(policy) == Decision(Effect.HOLD, "first", "dear")


@pytest.mark.parametrize(
    ("facts", "effect"),
    [
        ({"read_only": True}, Effect.ALLOW),
        ({"read_only": False}, Effect.DENY),
        ({"read_only": True, "tags": ("web",)}, Effect.DENY),
        ({"read_only": True, "tags": ("paid",)}, Effect.DENY),
        ({"read_only": True, "cost_usd": 0.01}, Effect.DENY),
    ],
)
def test_without_a_rule_only_tools_that_only_read_may_be_called(facts: Any, effect: Effect) -> None:
    decision = decide("", **facts)
    assert (decision.effect, decision.rule) == (effect, NO_RULE)


def test_a_denial_without_a_rule_says_what_the_tool_does() -> None:
    assert "writes (it does not say read_only) and reaches outside" in decide("", tags=("web",)).reason


def test_the_operator_says_what_becomes_of_the_rest_and_what_tags_mean() -> None:
    policy = "unmatched: {reads_only: hold, otherwise: allow}\ntags: {outside: [abroad]}"
    assert decide(policy, read_only=True, tags=("web",)).effect is Effect.HOLD
    assert decide(policy, read_only=True, tags=("abroad",)).effect is Effect.ALLOW


@pytest.mark.parametrize(
    ("line", "fitting", "other"),
    [
        ("tools: ['pa*']", {}, {"name": "repay"}),
        ("tools: [x, '*_note']", {"name": "write_note"}, {"name": "write_notes"}),
        ("services: [bank]", {}, {"service": "bank2"}),
        ("tags: [money, x]", {"tags": ("a", "money")}, {"tags": ("a",)}),
        ("users: [ada, 'bot-*']", {"call": {"user": "bot-7"}}, {"call": {"user": "bob"}}),
        ("keys: [desk]", {}, {"call": {"key": ""}}),
        ("read_only: false", {}, {"read_only": True}),
        ("needs_approval: true", {"needs_approval": True}, {}),
        ("reaches_outside: true", {"tags": ("web",)}, {}),
        ("spends: true", {"tags": ("paid",)}, {}),
    ],
)
def test_a_rule_is_for_the_calls_its_selector_names(line: str, fitting: Any, other: Any) -> None:
    assert fits(line, **fitting)
    assert not fits(line, **other)


def test_all_parts_of_a_rule_must_fit() -> None:
    lines = "tools: [pay]\nusers: [bob]"
    assert not fits(lines)
    assert fits(lines, call={"user": "bob"})


def argument(test: str, path: str = "a") -> str:
    return f"arguments:\n  - path: {path}\n    {test}"


@pytest.mark.parametrize(
    ("test", "fitting", "others"),
    [
        ("equals: 3", [3, 3.0], [4, "3", True, None]),
        ("equals: true", [True], [1, "true"]),
        ("equals: null", [None], [0, ""]),
        ("equals: 'no'", ["no"], [False, "No"]),
        ("equals: no", ["no"], [False]),
        ("in: [EUR, 7]", ["EUR", 7], ["USD", "7", True]),
        ("matches: '[a-z]+@ours\\.example'", ["bob@ours.example"], ["bob@ours.example.evil", "x bob@ours.example", 3]),
        ("matches: '(?i)yes'", ["YES"], ["YES!"]),
        ("less: 10", [9, -1.5], [10, "9", True]),
        ("greater: 10", [10.5], [10, "11", None]),
        ("at_most: 10", [10], [10.1]),
        ("at_least: 10", [10], [9.9]),
        ("host_in: [api.example, '*.ours.example']", ["https://api.example/x", "http://A.ours.example:8080"], []),
    ],
)
def test_a_rule_looks_inside_an_argument(test: str, fitting: list[Any], others: list[Any]) -> None:
    assert [fits(argument(test), {"a": value}) for value in fitting] == [True] * len(fitting)
    assert [fits(argument(test), {"a": value}) for value in others] == [False] * len(others)
    assert not fits(argument(test), {"b": fitting[0]})


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/?api.example",
        "https://api.example@evil.example/",
        "https://evil.example\\@api.example/",
        "ftp://api.example/",
        "https://ours.example/",
        "https://xours.example/",
        "//api.example/",
        "https://[api.example/",
        "https://evil.example%2f.ours.example/",
        "https://api.example:x/",
        " https://api.example/",
        7,
    ],
)
def test_a_url_that_leads_elsewhere_or_could_be_read_in_two_ways_is_to_none_of_the_hosts(url: Any) -> None:
    assert not fits(argument("host_in: [api.example, '*.ours.example']"), {"a": url})


def test_a_value_is_between_two_bounds() -> None:
    lines = argument("at_least: 1\n    less: 5")
    assert [fits(lines, {"a": value}) for value in (0, 1, 4, 5)] == [False, True, True, False]


def test_presence_can_be_asked_for_either_way() -> None:
    assert fits(argument("exists: true"), {"a": None})
    assert not fits(argument("exists: true"), {})
    assert fits(argument("exists: false"), {})
    assert not fits(argument("exists: false"), {"a": None})


@pytest.mark.parametrize("path", ["/to/address/country", "to.address.country"])
def test_a_path_leads_inside(path: str) -> None:
    assert fits(argument("equals: KP", path), {"to": {"address": {"country": "KP"}}})
    assert not fits(argument("equals: KP", path), {"to": ["address"]})


def test_a_pointer_has_names_with_slashes_and_places_in_lists() -> None:
    assert fits(argument("equals: 3", "/a~1b/1/~0"), {"a/b": [0, {"~": 3}]})
    assert not fits(argument("equals: 3", "/a~1b/2/~0"), {"a/b": [0, {"~": 3}]})


@pytest.mark.parametrize(
    ("values", "allowed", "denied"),
    [(["in", "in"], True, True), (["in", "out"], False, True), (["out"], False, False), ([], False, False)],
)
def test_of_many_values_all_must_be_right_to_allow_and_one_is_enough_to_deny(
    values: list[str], allowed: bool, denied: bool
) -> None:
    lines = argument("equals: in", "to.*")
    assert fits(lines, {"to": values}, "allow") is allowed
    assert fits(lines, {"to": values}, "deny") is denied
    assert fits(lines, {"to": values}, "hold") is denied


@pytest.mark.parametrize(
    ("asked", "pointers", "expected"),
    [
        ("true", ("/a",), True),
        ("true", (), False),
        ("false", (), True),
        ("false", ("/a",), False),
        ("[to, body]", ("/to/0",), True),
        ("[to, body]", ("/total",), False),
        ("[to, body]", ("",), True),
    ],
)
def test_a_rule_asks_whether_arguments_came_from_a_tool(asked: str, pointers: tuple[str, ...], expected: bool) -> None:
    call = {"untrusted_arguments": pointers}
    assert fits(f"arguments_from_untrusted: {asked}", {"a": 1}, "hold", call=call) is expected


def test_a_text_made_to_be_slow_is_matched_at_once() -> None:
    assert not fits(argument("matches: '(a+)+'"), {"a": "a" * 100_000 + "b"})


def test_a_tool_that_has_changed_is_judged_anew() -> None:
    policy = read_policy("version: 1", "p.yaml")
    call = ToolCall(tool="pay", arguments_json="")

    def tool(read_only: bool) -> RegisteredTool:
        definition = ToolDefinition("pay", "d", "{}", read_only=read_only)
        return RegisteredTool(definition, "bank", SCHEMA, frozenset())

    assert policy.decide(call, tool(True), {}).effect is Effect.ALLOW
    assert policy.decide(call, tool(False), {}).effect is Effect.DENY
