"""A Tool is made, changed, scaled and deleted, against a Kubernetes API on loopback."""

from typing import Any

from fixtures.kubernetes_api import (
    AUTOSCALERS,
    BUDGETS,
    DEPLOYMENTS,
    NETWORK_POLICIES,
    SERVICES,
    TOOLS,
)
from fixtures.tool_cluster import NAMESPACE, Cluster, Operator


async def test_a_new_tool_becomes_all_that_it_needs_and_then_ready(cluster: Cluster, operator: Operator) -> None:
    async with operator():
        await cluster.create("greeting", image="registry.test/greeting:1", replicas=2)
        await cluster.until(lambda: cluster.conditions("greeting").get("Progressing") == ("True", "RollingOut"))
        for resource in (NETWORK_POLICIES, SERVICES, BUDGETS, DEPLOYMENTS):
            assert cluster.get(resource, "greeting"), resource
        assert not cluster.get(AUTOSCALERS, "greeting")
        await cluster.all_ready("greeting")
        await cluster.until(lambda: cluster.conditions("greeting")["Ready"] == ("True", "ReplicasReady"))
    status = cluster.get(TOOLS, "greeting")["status"]
    assert (status["replicas"], status["readyReplicas"], status["observedGeneration"]) == (2, 2, 1)
    assert status["selector"] == "toolmesh.dev/tool-name=greeting"


async def test_the_guard_is_there_before_the_pods(cluster: Cluster, operator: Operator) -> None:
    async with operator():
        await cluster.create("greeting", image="registry.test/greeting:1")
        await cluster.until(lambda: cluster.get(DEPLOYMENTS, "greeting"))
    patched = [plural for verb, plural in cluster.api.asked if verb == "patch"]
    assert patched.index("networkpolicies") < patched.index("deployments")


async def test_a_changed_image_is_rolled_out(cluster: Cluster, operator: Operator) -> None:
    async with operator():
        await cluster.create("greeting", image="registry.test/greeting:1")
        await cluster.until(lambda: cluster.get(DEPLOYMENTS, "greeting"))
        await cluster.all_ready("greeting")
        await cluster.until(lambda: cluster.conditions("greeting").get("Ready") == ("True", "ReplicasReady"))
        await cluster.api.change(TOOLS, NAMESPACE, "greeting", {"spec": {"image": "registry.test/greeting:2"}})
        await cluster.until(lambda: image_of(cluster) == "registry.test/greeting:2")
        await cluster.until(lambda: cluster.conditions("greeting")["Ready"] == ("False", "RollingOut"))
        assert cluster.get(TOOLS, "greeting")["status"]["observedGeneration"] == 2


async def test_a_scaled_tool_scales_its_deployment(cluster: Cluster, operator: Operator) -> None:
    async with operator():
        await cluster.create("greeting", image="registry.test/greeting:1", replicas=1)
        await cluster.until(lambda: replicas_of(cluster) == 1)
        await cluster.api.change(TOOLS, NAMESPACE, "greeting", {"spec": {"replicas": 3}})
        await cluster.until(lambda: replicas_of(cluster) == 3)


async def test_an_autoscaler_comes_and_goes_with_the_spec(cluster: Cluster, operator: Operator) -> None:
    async with operator():
        await cluster.create("greeting", image="registry.test/greeting:1", autoscaling={"min": 2, "max": 5})
        await cluster.until(lambda: cluster.get(AUTOSCALERS, "greeting"))
        await cluster.api.change(DEPLOYMENTS, NAMESPACE, "greeting", {"spec": {"replicas": 4}})
        await cluster.api.change(TOOLS, NAMESPACE, "greeting", {"spec": {"image": "registry.test/greeting:2"}})
        await cluster.until(lambda: image_of(cluster) == "registry.test/greeting:2")
        assert replicas_of(cluster) == 4, "what the autoscaler decided stays"
        await cluster.api.change(TOOLS, NAMESPACE, "greeting", {"spec": {"autoscaling": None, "replicas": 1}})
        await cluster.until(lambda: not cluster.get(AUTOSCALERS, "greeting") and replicas_of(cluster) == 1)


async def test_what_somebody_else_changed_or_deleted_is_put_right(cluster: Cluster, operator: Operator) -> None:
    async with operator():
        await cluster.create("greeting", image="registry.test/greeting:1")
        await cluster.until(lambda: cluster.get(DEPLOYMENTS, "greeting"))
        await cluster.api.change(DEPLOYMENTS, NAMESPACE, "greeting", {"spec": {"replicas": 7}})
        await cluster.until(lambda: replicas_of(cluster) == 1)
        everywhere = {"spec": {"egress": [{}]}}
        await cluster.api.change(NETWORK_POLICIES, NAMESPACE, "greeting", everywhere)
        await cluster.until(lambda: cluster.get(NETWORK_POLICIES, "greeting")["spec"]["egress"] != [{}])
        await cluster.api.delete(SERVICES, NAMESPACE, "greeting")
        await cluster.until(lambda: cluster.get(SERVICES, "greeting"))


async def test_a_tool_at_rest_is_only_read(cluster: Cluster, operator: Operator) -> None:
    async with operator(resync_s=0.1):
        await cluster.create("greeting", image="registry.test/greeting:1")
        await cluster.until(lambda: cluster.get(DEPLOYMENTS, "greeting"))
        await cluster.all_ready("greeting")
        await cluster.until(lambda: cluster.conditions("greeting").get("Ready") == ("True", "ReplicasReady"))
        before = len(cluster.api.asked)
        await cluster.until(lambda: cluster.api.asked[before:].count(("get", "tools")) >= 3)
        assert {verb for verb, _ in cluster.api.asked[before:]} == {"get"}


async def test_a_deleted_tool_is_left_to_its_owner_references(cluster: Cluster, operator: Operator) -> None:
    async with operator():
        await cluster.create("greeting", image="registry.test/greeting:1")
        await cluster.until(lambda: cluster.conditions("greeting"))
        uid = cluster.get(TOOLS, "greeting")["metadata"]["uid"]
        for resource in (NETWORK_POLICIES, SERVICES, BUDGETS, DEPLOYMENTS):
            assert owners_of(cluster.get(resource, "greeting")) == [uid]
        assert "finalizers" not in cluster.get(TOOLS, "greeting")["metadata"]
        await cluster.api.delete(TOOLS, NAMESPACE, "greeting")
        # Events of Tools come in order: once a later one is dealt with, the operator knows of the deletion.
        await cluster.create("later", image="registry.test/later:1")
        await cluster.until(lambda: cluster.conditions("later"))
        before = len(cluster.api.named)
        # What its going leaves behind is taken away by the cluster; the operator must not make it anew.
        await cluster.api.delete(DEPLOYMENTS, NAMESPACE, "greeting")
        await cluster.until(lambda: ("get", "tools", "greeting") in cluster.api.named[before:])
        assert not cluster.get(DEPLOYMENTS, "greeting")


def image_of(cluster: Cluster) -> Any:
    return cluster.get(DEPLOYMENTS, "greeting")["spec"]["template"]["spec"]["containers"][0]["image"]


def replicas_of(cluster: Cluster) -> Any:
    return cluster.get(DEPLOYMENTS, "greeting").get("spec", {}).get("replicas")


def owners_of(body: dict[str, Any]) -> list[str]:
    return [owner["uid"] for owner in body["metadata"]["ownerReferences"]]
