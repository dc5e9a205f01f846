"""What the policy says of a tool where no rule of the operator's names it (docs/policy.md)."""

from toolmesh_sdk import Tool

_SPENDS = frozenset(("paid", "spends"))
_OUTSIDE = frozenset(("web", "network", "outside", "openapi", "mcp", "grpc"))


def policy_outlook(tool: Tool) -> str:
    """Why calls of a tool are denied by default; empty where they are not."""
    habits = []
    if not tool.read_only:
        habits.append("writes (it does not say read_only)")
    if tool.cost_usd or not _SPENDS.isdisjoint(tool.tags):
        habits.append("spends")
    if not _OUTSIDE.isdisjoint(tool.tags):
        habits.append("reaches outside")
    return f"denied: it {' and '.join(habits)}" if habits else ""
