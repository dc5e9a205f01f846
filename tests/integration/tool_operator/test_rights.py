"""The Role in k8s/operator holds what the operator asks of the API, and nothing more."""

from pathlib import Path

import yaml
from fixtures.kubernetes_api import AUTOSCALERS, DEPLOYMENTS, TOOLS
from fixtures.tool_cluster import NAMESPACE, Cluster, Operator

ROLE = Path(__file__).parents[3] / "k8s/operator/role.yaml"


def granted() -> set[tuple[str, str]]:
    role = next(body for body in yaml.safe_load_all(ROLE.read_text()) if body["kind"] == "Role")
    return {(verb, name) for rule in role["rules"] for name in rule["resources"] for verb in rule["verbs"]}


async def test_the_role_has_the_verbs_that_are_used_and_no_others(cluster: Cluster, operator: Operator) -> None:
    async with operator():
        await cluster.create("greeting", image="registry.test/greeting:1", autoscaling={"max": 3})
        await cluster.until(lambda: cluster.get(AUTOSCALERS, "greeting"))
        await cluster.until(lambda: cluster.conditions("greeting"))
        await cluster.api.change(TOOLS, NAMESPACE, "greeting", {"spec": {"autoscaling": None}})
        await cluster.until(lambda: not cluster.get(AUTOSCALERS, "greeting"))
        await cluster.until(lambda: {name for verb, name in cluster.api.asked if verb == "watch"} >= watched())
    assert cluster.get(DEPLOYMENTS, "greeting")
    assert asked(cluster) == granted()


def asked(cluster: Cluster) -> set[tuple[str, str]]:
    """Verbs as the API's rights have them: an apply that makes an object needs create as well."""
    seen = set(cluster.api.asked)
    return seen | {("create", name) for verb, name in seen if verb == "patch" and "/" not in name}


def watched() -> set[str]:
    return {name for verb, name in granted() if verb == "watch"}
