"""What each tool of the platform says of itself is enough for an LLM and for search."""

from collections import Counter
from typing import Any

import pytest

from toolmesh_toolkit import ToolFunction
from toolmesh_toolkit.contract import DESCRIPTION_RULES, Rule

Tools = list[ToolFunction[..., Any]]


def test_no_name_is_there_twice_in_the_platform(all_tools: dict[str, Tools]) -> None:
    counted = Counter(tool.name for tools in all_tools.values() for tool in tools)
    assert [name for name, times in counted.items() if times > 1] == []


@pytest.mark.parametrize("rule", DESCRIPTION_RULES, ids=lambda rule: rule.name)
def test_a_rule_of_descriptions_is_kept(tools: Tools, rule: Rule[Any]) -> None:
    assert [str(problem) for problem in rule.check(tools)] == []
