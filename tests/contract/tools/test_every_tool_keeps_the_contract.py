"""What toolmesh.tool.v1.ToolService promises, asked of each package of the platform as a running process."""

from typing import Any

import pytest

from toolmesh_toolkit.contract import CALL_RULES, Rule, ServedTools, problems_of

# One process a package serves all of these tests, so they share its event loop.
pytestmark = pytest.mark.asyncio(loop_scope="module")


# In order: the last rule ends the process.
@pytest.mark.parametrize("rule", CALL_RULES, ids=lambda rule: rule.name)
async def test_a_rule_of_calls_is_kept(served: ServedTools, rule: Rule[Any]) -> None:
    assert [str(problem) for problem in await problems_of(rule, served)] == []
