"""What the policy costs a call, in microseconds: python tests/integration/tool_router/policy_cost.py.

Each figure is the median of rounds, of one call of PolicyInForce.admit: decision, limits, counter, and the line in the
log where it says so. The worst case has all 200 rules look inside the arguments of the very tool that is called.
"""

import io
import logging
import statistics
import sys
import time

from toolmesh_core.clock import SystemClock
from toolmesh_core.json_schema import JsonSchema
from toolmesh_core.logs import JsonLines
from toolmesh_tool_router.adapters.prometheus_meter import PrometheusMeter
from toolmesh_tool_router.app.policy_in_force import PolicyInForce
from toolmesh_tool_router.domain.call_events import ToolCall
from toolmesh_tool_router.domain.policy.read_policy import read_policy
from toolmesh_tool_router.domain.tool_definition import ToolDefinition
from toolmesh_tool_router.domain.tool_registry import RegisteredTool

RULES, ROUNDS, CALLS = 200, 9, 2000
ARGUMENTS = {"amount": 12.5, "to": "bob@ours.example", "note": "for lunch"}


def policy(tools: str, condition: str) -> str:
    """200 rules that deny and do not fit, two limits, and the rest allowed."""
    rules = "".join(
        f"  - {{name: r{n}, effect: deny, tools: [{tools.format(n=n // 4)}], arguments: [{condition}]}}\n"
        for n in range(RULES)
    )
    limits = "  - {name: a, rate: 1000000/second, per: [user]}\n  - {name: b, concurrent: 9, per: [tool, user]}\n"
    return f"version: 1\nrules:\n{rules}  - {{name: rest, effect: allow}}\nlimits:\n{limits}"


def microseconds(text: str, users: int = 1) -> float:
    """Of one call, its policy as given, by so many users in turn."""
    in_force = PolicyInForce(read_policy(text, "p.yaml"), PrometheusMeter(), SystemClock())
    definition = ToolDefinition("pay_7", "Pays.", "{}")
    tool = RegisteredTool(definition, "bank", JsonSchema({"type": "object"}), frozenset())
    calls = [ToolCall("pay_7", "", user=f"user {n % users}", key="desk") for n in range(CALLS)]
    rounds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for call in calls:
            in_force.admit(call, tool, ARGUMENTS).places.leave()
        rounds.append((time.perf_counter() - began) / CALLS * 1e6)
    return statistics.median(rounds)


def main() -> None:
    """Measures and prints."""
    matched = "{path: to, matches: '.*@evil[.]example'}"
    cases = {
        "one rule": "version: 1\nrules:\n  - {name: all, effect: allow}\n",
        "200 rules, 4 a tool, a number compared": policy("pay_{n}", "{path: amount, greater: 1000}"),
        "200 rules, 4 a tool, an expression matched": policy("pay_{n}", matched),
        "200 rules, all of one tool, a number compared": policy("pay_*", "{path: amount, greater: 1000}"),
        "200 rules, all of one tool, an expression matched": policy("pay_*", matched),
    }
    logger = logging.getLogger()
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(JsonLines("tool_router"))
    logger.addHandler(handler)
    for name, text in cases.items():
        logger.setLevel(logging.WARNING)
        silent = microseconds(text)
        logger.setLevel(logging.INFO)
        sys.stdout.write(f"{name:<52}{silent:>8.1f} µs {microseconds(text):>8.1f} µs with its line in the log\n")


if __name__ == "__main__":
    main()
