"""What may stand in a policy file, and how a bad one is refused."""

import importlib
import re
from pathlib import Path

import pytest

from toolmesh_core.errors import InvalidInput
from toolmesh_tool_router.adapters.grpc_tool_service import definition_of
from toolmesh_tool_router.app.follow_policy import shipped_policy
from toolmesh_tool_router.domain.call_events import ToolCall
from toolmesh_tool_router.domain.policy.read_policy import read_policy
from toolmesh_tool_router.domain.policy.rule import Effect
from toolmesh_tool_router.domain.tool_definition import ToolDefinition
from toolmesh_tool_router.domain.tool_registry import RegisteredTool, ToolRegistry

ROOT = Path(__file__).parents[3]
RULE = "version: 1\nrules:\n  - name: a\n    effect: deny\n"


@pytest.mark.parametrize(
    ("text", "line", "fault"),
    [
        ("version: 1\nrules: [\n", 3, "expected the node content"),
        ("version: 1\n\nversion: 1", 3, "'version' is there twice"),
        ("rules: []", 1, "version: Field required"),
        ("version: 2", 1, "version: Input should be 1"),
        ("version: 1\nrule: []", 2, "rule: is not known here"),
        ("version: 1\nrules: &a []\nlimits: *a", 3, "aliases are not read"),
        ("version: 1\nrules: !!python/none x", 2, "python/none' is not known"),
        ("version: 1\nrules: !x []", 2, "the tag '!x' is not known"),
        ("a\x00", 1, "special characters"),
        ("[" * 1000, 1, "nested too deeply"),
        (RULE + "    tool: [x]", 5, "rules.0.tool: is not known here"),
        (RULE + "    tools: x", 5, "rules.0.tools: Input should be a valid tuple"),
        (RULE + "    tools: []", 5, "an empty list, which would fit nothing"),
        (RULE + "    read_only: 'yes'", 5, "rules.0.read_only: Input should be a valid boolean"),
        (RULE.replace("deny", "alow"), 4, "is 'alow'; it must be allow, deny or hold"),
        (RULE.replace("- name: a\n    ", "- "), 3, "rules.0.name: Field required"),
        (RULE + "  - name: a\n    effect: hold", 5, "'a' is the name of another one"),
        (RULE + "    arguments:\n      - path: x\n        matches: '(a'", 7, "'(a' is no regular expression"),
        (RULE + "    arguments:\n      - path: x\n        matches: '(?=a)'", 7, "look-around and back-references"),
        (RULE + "    arguments:\n      - path: x", 6, "asks nothing"),
        (RULE + "    arguments:\n      - path: x..y\n        equals: 1", 6, "'x..y' is no path"),
        (RULE + "    arguments:\n      - path: x\n        less: '1'", 7, "Input should be a valid number"),
        (RULE + "    arguments:\n      - path: x\n        exists: false\n        less: 1", 6, "exists: false"),
        (RULE + "    arguments_from_untrusted: ['to.*']", 5, "leave '*' out"),
        (RULE + "    arguments:\n      - path: x\n        host_in: ['https://x']", 7, "should match pattern"),
        (RULE + "    arguments:\n      - path: x\n        host_in: ['']", 7, "should match pattern"),
        (RULE + "    egress_hosts: [a.example]", 3, "a rule that denies tells none"),
        ("version: 1\nlimits:\n  - name: a\n    rate: 3/fortnight", 4, "'3/fortnight' is no rate"),
        ("version: 1\nlimits:\n  - name: a", 3, "limits nothing"),
        ("version: 1\nlimits:\n  - name: a\n    rate: 3/hour\n    per: [team]", 5, "limits.0.per"),
        ("version: 1\nlimits:\n  - name: a\n    concurrent: 0", 4, "greater than 0"),
        ("version: 1\nredact:\n  patterns:\n    - 'x*'", 4, "would blot out everything"),
        ("version: 1\nredact:\n  patterns:\n    - '(x'", 4, "is no regular expression"),
    ],
    ids=lambda value: str(value)[-40:] if isinstance(value, str) else "",
)
def test_a_bad_file_is_refused_with_the_line_of_the_fault(text: str, line: int, fault: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_policy(text, "p.yaml")
    assert refused.value.reason == "BAD_POLICY"
    told = refused.value.message.splitlines()[1:]
    assert any(one.startswith(f"p.yaml:{line}: ") and fault in one for one in told), told


def test_all_faults_are_told_at_once_in_the_order_of_their_lines() -> None:
    with pytest.raises(InvalidInput) as refused:
        read_policy(RULE + "    tool: [x]\n    users: 3\nlimit: []", "p.yaml")
    lines = [int(found) for found in re.findall(r"p\.yaml:(\d+):", refused.value.message)]
    assert lines == [5, 6, 7]


def test_a_file_too_long_to_be_a_policy_is_refused() -> None:
    with pytest.raises(InvalidInput, match="at most 1048576"):
        read_policy("#" * (2**20 + 1), "p.yaml")


def test_an_operators_file_may_add_the_rules_of_the_built_in_tools_after_its_own() -> None:
    policy = read_policy(RULE + "built_in_tools: allow", "p.yaml", shipped_policy())
    assert [rule.name for rule in policy.rules] == ["a", *(rule.name for rule in shipped_policy().rules)]
    assert [rule.name for rule in read_policy(RULE, "p.yaml", shipped_policy()).rules] == ["a"]


def built_in_tools() -> list[tuple[str, ToolDefinition]]:
    folders = sorted(path.parents[1].name for path in ROOT.glob("services/tools/*/toolmesh_tool_*/tools.py"))
    modules = [(folder, importlib.import_module(f"toolmesh_tool_{folder}.tools")) for folder in folders]
    return [(folder, definition_of(tool.definition)) for folder, module in modules for tool in module.TOOLS]


# They change files and databases of the operator's.
DENIED = {"write_sheet", "sql_execute"}


@pytest.mark.parametrize(("service", "definition"), built_in_tools(), ids=lambda value: getattr(value, "name", value))
def test_the_policy_that_comes_along_allows_every_built_in_tool_but_two(
    service: str, definition: ToolDefinition
) -> None:
    call = ToolCall(tool=definition.name, arguments_json="{}", user="ada")
    effect = shipped_policy().decide(call, _registered(service, definition), {}).effect
    assert effect is (Effect.DENY if definition.name in DENIED else Effect.ALLOW)


def test_the_policy_that_comes_along_allows_no_tool_of_that_name_on_another_service() -> None:
    definition = next(found for _, found in built_in_tools() if found.name == "write_note")
    call = ToolCall(tool=definition.name, arguments_json="{}", user="ada")
    assert shipped_policy().decide(call, _registered("stranger", definition), {}).effect is Effect.DENY


def _registered(service: str, definition: ToolDefinition) -> RegisteredTool:
    from datetime import UTC, datetime

    from toolmesh_tool_router.domain.tool_registry import ToolService

    registry = ToolRegistry()
    registry.put(ToolService(service, "unix:x", datetime(2030, 1, 1, tzinfo=UTC), (definition,)))
    return registry.find(definition.name)


def test_every_policy_in_the_guide_is_taken() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/policy.md").read_text(), re.DOTALL)
    assert len(blocks) >= 3
    for block in blocks:
        read_policy(block if "version:" in block else f"version: 1\n{block}", "docs/policy.md", shipped_policy())


def test_the_guide_names_every_field() -> None:
    from toolmesh_tool_router.domain.policy import policy_entries as entries

    guide = (ROOT / "docs/policy.md").read_text()
    kinds = [value for value in vars(entries).values() if isinstance(value, type) and issubclass(value, entries.Entry)]
    names = {field.alias or name for kind in kinds for name, field in kind.model_fields.items()}
    assert [name for name in sorted(names) if f"`{name}`" not in guide] == []
