"""What a Tool becomes in the cluster."""

from typing import Any

import kubernetes_validate
import pytest

from toolmesh_tool_operator.domain.manifests import (
    AUTOSCALER,
    BUDGET,
    DEPLOYMENT,
    NETWORK_POLICY,
    SERVICE,
    manifests,
)
from toolmesh_tool_operator.domain.stock import Stock

KUBERNETES = "1.37"
FULL: dict[str, Any] = {
    "autoscaling": {"min": 2, "max": 6},
    "env": [{"name": "RATES_BASE", "value": "EUR"}],
    "secrets": [{"env": "RATES_API_KEY", "secret": "rates", "key": "api-key"}],
    "network": {
        "hosts": ["api.example.com", "*.example.org:8443"],
        "egress": [{"cidr": "10.20.0.0/16", "ports": [5432]}],
    },
    "podDisruptionBudget": {"minAvailable": 1},
    "runtimeClassName": "gvisor",
    "imagePullSecrets": ["registry"],
}


@pytest.mark.parametrize(
    "spec", [{}, {"source": {"configMap": "greeting-source-1"}}, FULL], ids=["least", "source", "full"]
)
def test_every_manifest_is_one_that_kubernetes_takes(tool: Any, stock: Stock, spec: dict[str, Any]) -> None:
    for manifest in manifests(tool(**spec), stock).values():
        kubernetes_validate.validate(manifest, KUBERNETES, strict=True)


def pod_of(tool: Any, stock: Stock) -> dict[str, Any]:
    pod: dict[str, Any] = manifests(tool, stock)[DEPLOYMENT]["spec"]["template"]["spec"]
    return pod


def env_of(tool: Any, stock: Stock) -> dict[str, Any]:
    return {one["name"]: one.get("value", one.get("valueFrom")) for one in pod_of(tool, stock)["containers"][0]["env"]}


def test_a_pod_has_no_rights_it_does_not_need(tool: Any, stock: Stock) -> None:
    pod = pod_of(tool(), stock)
    container = pod["containers"][0]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_a_pod_is_killed_only_after_its_longest_call_and_its_drain(tool: Any, stock: Stock) -> None:
    longest = tool(timeoutSeconds=120)
    drain_s = int(env_of(longest, stock)["TOOLMESH_TOOL_GREETING_DRAIN_TIMEOUT_S"])
    assert 120 < drain_s < pod_of(longest, stock)["terminationGracePeriodSeconds"]


def test_a_pod_is_asked_for_its_health_by_grpc(tool: Any, stock: Stock) -> None:
    container = pod_of(tool(port=7443), stock)["containers"][0]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container[probe]["grpc"] == {"port": 7443, "service": ""}


def test_old_pods_serve_until_new_ones_do(tool: Any, stock: Stock) -> None:
    strategy = manifests(tool(), stock)[DEPLOYMENT]["spec"]["strategy"]
    assert strategy["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}


def test_sources_are_mounted_read_only_and_served_by_the_stock_image(tool: Any, stock: Stock) -> None:
    pod = pod_of(tool(source={"configMap": "greeting-source-1"}), stock)
    container = pod["containers"][0]
    assert container["image"] == "registry.test/tool-runner:1"
    assert container["args"] == ["greeting", "/tool"]
    assert {"name": "source", "mountPath": "/tool", "readOnly": True} in container["volumeMounts"]
    assert {"name": "source", "configMap": {"name": "greeting-source-1"}} in pod["volumes"]


def test_the_owners_settings_win_and_secrets_are_only_referred_to(tool: Any, stock: Stock) -> None:
    listen = "TOOLMESH_TOOL_GREETING_LISTEN"
    chosen = tool(env=[{"name": listen, "value": "0.0.0.0:7000"}], secrets=FULL["secrets"])
    env = env_of(chosen, stock)
    assert env[listen] == "0.0.0.0:7000"
    assert env["RATES_API_KEY"] == {"secretKeyRef": {"name": "rates", "key": "api-key"}}


def test_resources_that_are_given_are_taken_whole(tool: Any, stock: Stock) -> None:
    assert pod_of(tool(), stock)["containers"][0]["resources"]["limits"] == {"memory": "512Mi"}
    given = {"requests": {"memory": "2Gi"}}
    assert pod_of(tool(resources=given), stock)["containers"][0]["resources"] == {**given, "limits": {}}


def test_another_spec_is_another_revision_and_the_same_one_is_not(tool: Any, stock: Stock) -> None:
    def revision(**spec: Any) -> Any:
        template = manifests(tool(**spec), stock)[DEPLOYMENT]["spec"]["template"]
        return template["metadata"]["labels"]["toolmesh.dev/revision"]

    assert revision() == revision(replicas=3)
    assert revision() != revision(image="registry.test/greeting:2")


def test_the_service_is_found_by_its_label_and_shows_each_pod(tool: Any, stock: Stock) -> None:
    service = manifests(tool(), stock)[SERVICE]
    assert service["metadata"]["labels"]["toolmesh.dev/tool"] == "true"
    assert service["spec"]["clusterIP"] == "None"
    assert service["spec"]["ports"][0] == {"name": "grpc", "port": 7000, "targetPort": "grpc", "protocol": "TCP"}


def test_only_the_routers_pods_come_in(tool: Any) -> None:
    stock = Stock(
        "runner", router_namespace="platform", router_labels={"app": "router"}, metrics_namespace="monitoring"
    )
    rules = manifests(tool(), stock)[NETWORK_POLICY]["spec"]["ingress"]
    router, metrics = rules
    assert router["from"] == [
        {
            "podSelector": {"matchLabels": {"app": "router"}},
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "platform"}},
        }
    ]
    assert router["ports"] == [{"port": "grpc", "protocol": "TCP"}]
    assert metrics["ports"] == [{"port": "metrics", "protocol": "TCP"}]


def test_nothing_goes_out_but_dns_where_nothing_is_declared(tool: Any, stock: Stock) -> None:
    policy = manifests(tool(), stock)[NETWORK_POLICY]["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    (dns,) = policy["egress"]
    assert {port["port"] for port in dns["ports"]} == {53}


def test_a_declared_host_opens_its_port_to_public_addresses_only(tool: Any, stock: Stock) -> None:
    policy = manifests(tool(network=FULL["network"]), stock)[NETWORK_POLICY]
    declared, hosts = policy["spec"]["egress"][1:]
    assert declared == {"to": [{"ipBlock": {"cidr": "10.20.0.0/16"}}], "ports": [{"port": 5432, "protocol": "TCP"}]}
    assert [port["port"] for port in hosts["ports"]] == [443, 8443]
    assert {"10.0.0.0/8", "169.254.0.0/16"} <= set(hosts["to"][0]["ipBlock"]["except"])
    assert policy["metadata"]["annotations"] == {"toolmesh.dev/egress-hosts": "api.example.com,*.example.org:8443"}


def test_an_autoscaler_is_there_only_where_it_is_asked_for(tool: Any, stock: Stock) -> None:
    assert AUTOSCALER not in manifests(tool(replicas=2), stock)
    scaler = manifests(tool(autoscaling={"min": 2, "max": 6, "targetCPU": 50}), stock)[AUTOSCALER]["spec"]
    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (2, 6)
    assert scaler["metrics"][0]["resource"]["target"]["averageUtilization"] == 50


@pytest.mark.parametrize(("now", "then"), [(None, 2), (4, 4), (1, 2), (9, 6)])
def test_what_the_autoscaler_decided_stays_within_bounds(tool: Any, stock: Stock, now: int | None, then: int) -> None:
    chosen = tool(autoscaling={"min": 2, "max": 6})
    assert manifests(chosen, stock, now)[DEPLOYMENT]["spec"]["replicas"] == then


def test_a_drain_of_nodes_takes_one_pod_at_a_time_unless_said_otherwise(tool: Any, stock: Stock) -> None:
    assert manifests(tool(), stock)[BUDGET]["spec"]["maxUnavailable"] == 1
    told = manifests(tool(podDisruptionBudget={"minAvailable": 2}), stock)[BUDGET]["spec"]
    assert (told["minAvailable"], "maxUnavailable" in told) == (2, False)
