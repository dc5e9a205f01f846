"""What goes wrong is tried again, and stands in the conditions so that a person can read it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from fixtures.kubernetes_api import DEPLOYMENTS, SERVICES, TOOLS, Fault, kube_config
from fixtures.tool_cluster import NAMESPACE, Cluster, Operator

from toolmesh_core.errors import NotFound
from toolmesh_tool_operator.bootstrap import bootstrap
from toolmesh_tool_operator.settings import ToolOperatorSettings

IMAGE = "registry.test/greeting:1"


def message_of(cluster: Cluster, kind: str = "Degraded") -> str:
    conditions = cluster.get(TOOLS, "greeting").get("status", {}).get("conditions", [])
    return next((str(one["message"]) for one in conditions if one["type"] == kind), "")


@pytest.mark.parametrize(
    ("status", "reason", "words"),
    [(409, "ApiConflict", "409"), (500, "Api500", "500"), (403, "ApiForbidden", "see the Role in k8s/operator")],
)
async def test_a_refused_write_is_in_the_conditions_and_tried_again(
    cluster: Cluster, operator: Operator, status: int, reason: str, words: str
) -> None:
    cluster.api.faults.append(Fault("patch", DEPLOYMENTS, status, times=3))
    async with operator():
        await cluster.create("greeting", image=IMAGE)
        await cluster.until(lambda: cluster.conditions("greeting").get("Degraded") == ("True", reason))
        assert f"cannot apply Deployment {NAMESPACE}/greeting" in message_of(cluster)
        assert words in message_of(cluster)
        await cluster.until(lambda: cluster.conditions("greeting").get("Degraded") == ("False", "AsExpected"))
    assert cluster.get(DEPLOYMENTS, "greeting")
    assert cluster.api.asked.count(("patch", "deployments")) == 4


async def test_the_rest_is_made_while_one_object_is_refused(cluster: Cluster, operator: Operator) -> None:
    cluster.api.faults.append(Fault("patch", SERVICES, 500, times=2))
    async with operator():
        await cluster.create("other", image=IMAGE)
        await cluster.create("greeting", image=IMAGE)
        await cluster.until(lambda: cluster.get(DEPLOYMENTS, "other") and cluster.get(DEPLOYMENTS, "greeting"))


async def test_a_bad_spec_is_told_and_what_runs_goes_on(cluster: Cluster, operator: Operator) -> None:
    async with operator():
        await cluster.create("greeting", image=IMAGE)
        await cluster.until(lambda: cluster.get(DEPLOYMENTS, "greeting"))
        before = cluster.get(DEPLOYMENTS, "greeting")
        await cluster.api.change(TOOLS, NAMESPACE, "greeting", {"spec": {"source": {"configMap": "x"}, "port": 80}})
        await cluster.until(lambda: cluster.conditions("greeting").get("Degraded") == ("True", "InvalidSpec"))
        assert "spec.port" in message_of(cluster)
        assert cluster.get(DEPLOYMENTS, "greeting") == before
        await cluster.api.change(TOOLS, NAMESPACE, "greeting", {"spec": {"source": None, "port": 7001}})
        await cluster.until(lambda: cluster.conditions("greeting").get("Degraded") == ("False", "AsExpected"))


async def test_pods_that_do_not_become_ready_give_their_reason(cluster: Cluster, operator: Operator) -> None:
    async with operator():
        await cluster.create("greeting", image=IMAGE)
        await cluster.until(lambda: cluster.get(DEPLOYMENTS, "greeting"))
        cluster.add_pod("greeting", waiting("ImagePullBackOff", 'Back-off pulling image "registry.test/greeting:1"'))
        await cluster.deployment_says("greeting", replicas=1, updatedReplicas=1, unavailableReplicas=1)
        await cluster.until(lambda: cluster.conditions("greeting").get("Degraded") == ("True", "ImagePullBackOff"))
        assert cluster.conditions("greeting")["Ready"] == ("False", "ImagePullBackOff")
        assert message_of(cluster).startswith("pod greeting-1: Back-off pulling image")


async def test_an_object_of_somebody_else_is_not_taken_over(cluster: Cluster, operator: Operator) -> None:
    theirs = {"metadata": {"name": "greeting", "namespace": NAMESPACE}, "spec": {"clusterIP": "10.0.0.7"}}
    await cluster.api.create(SERVICES, theirs)
    async with operator():
        await cluster.create("greeting", image=IMAGE)
        await cluster.until(lambda: cluster.conditions("greeting").get("Degraded") == ("True", "NameTaken"))
    assert cluster.get(SERVICES, "greeting")["spec"] == {"clusterIP": "10.0.0.7"}
    assert not cluster.get(DEPLOYMENTS, "greeting")


async def test_without_the_crd_it_does_not_start_and_says_what_to_do(cluster: Cluster, tmp_path: Path) -> None:
    del cluster.api.resources[TOOLS]
    settings = ToolOperatorSettings(namespaces=NAMESPACE, kube_config=kube_config(cluster.api, tmp_path))
    with pytest.raises(NotFound, match=r"kubectl apply -f k8s/crds/tool\.yaml"):
        async with bootstrap(settings):
            pass


async def test_an_api_that_is_away_at_first_is_asked_again(cluster: Cluster, operator: Operator) -> None:
    await cluster.create("greeting", image=IMAGE)
    cluster.api.faults.append(Fault("get", TOOLS, 503, times=2))
    async with operator():
        await cluster.until(lambda: cluster.get(DEPLOYMENTS, "greeting"))


async def test_it_ends_when_told_though_watches_are_open(cluster: Cluster, operator: Operator) -> None:
    async with asyncio.timeout(10), operator():
        await cluster.until(lambda: cluster.api.asked.count(("watch", "tools")) == 1)


def waiting(reason: str, message: str) -> dict[str, Any]:
    state = {"waiting": {"reason": reason, "message": message}}
    return {"containerStatuses": [{"name": "tool", "ready": False, "restartCount": 0, "state": state}]}
