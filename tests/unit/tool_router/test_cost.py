"""What a call of a tool costs goes through the router as its owner says it."""

import math

import pytest

from toolmesh_core.errors import InvalidInput
from toolmesh_tool_router.adapters.grpc_tool_service import definition_of
from toolmesh_tool_router.api.messages import tool_message
from toolmesh_tool_router.domain.tool_definition import ToolDefinition, check_definitions


def painting(cost_usd: float) -> ToolDefinition:
    return ToolDefinition("paint", "Paint a picture.", '{"type": "object"}', cost_usd=cost_usd)


def test_a_cost_passes_through_unchanged() -> None:
    message = tool_message(painting(0.02))
    assert (message.cost_usd, definition_of(message)) == (0.02, painting(0.02))


@pytest.mark.parametrize("cost_usd", [-0.01, math.inf, math.nan])
def test_a_cost_that_is_none_is_refused(cost_usd: float) -> None:
    with pytest.raises(InvalidInput, match="its cost must be 0 or more US dollars"):
        check_definitions("artist", [painting(cost_usd)])
