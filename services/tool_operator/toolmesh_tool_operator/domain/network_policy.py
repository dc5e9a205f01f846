"""Who may call a tool, and whom it may call: the router and what its owner declared."""

from toolmesh_tool_operator.domain.labels import GRPC_PORT_NAME, METRICS_PORT_NAME, Manifest, metadata_of, selector_of
from toolmesh_tool_operator.domain.stock import Stock
from toolmesh_tool_operator.domain.tool import HTTPS_PORT, Tool

_NAMESPACE_LABEL = "kubernetes.io/metadata.name"
# Not public: a name that is opened must not lead into the cluster, to a node or to a cloud's metadata.
_NOT_PUBLIC_V4 = (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4",
)  # fmt: skip
_NOT_PUBLIC_V6 = ("::1/128", "::ffff:0:0/96", "64:ff9b::/96", "fc00::/7", "fe80::/10", "ff00::/8")
EGRESS_HOSTS = "toolmesh.dev/egress-hosts"


def network_policy(tool: Tool, stock: Stock) -> Manifest:
    """In: the router to gRPC, and who reads metrics. Out: DNS and what the Tool declares."""
    metadata = metadata_of(tool)
    if tool.spec.network.hosts:
        metadata["annotations"] = {EGRESS_HOSTS: ",".join(tool.spec.network.hosts)}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata,
        "spec": {
            "podSelector": {"matchLabels": selector_of(tool.name)},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": _ingress(stock),
            "egress": [_dns(), *_declared(tool), *_hosts(tool)],
        },
    }


def _ingress(stock: Stock) -> list[Manifest]:
    router: Manifest = {"podSelector": {"matchLabels": dict(stock.router_labels)}}
    if stock.router_namespace:
        router["namespaceSelector"] = {"matchLabels": {_NAMESPACE_LABEL: stock.router_namespace}}
    rules: list[Manifest] = [{"from": [router], "ports": [{"port": GRPC_PORT_NAME, "protocol": "TCP"}]}]
    if stock.metrics_namespace:
        reader = {"namespaceSelector": {"matchLabels": {_NAMESPACE_LABEL: stock.metrics_namespace}}}
        rules.append({"from": [reader], "ports": [{"port": METRICS_PORT_NAME, "protocol": "TCP"}]})
    return rules


def _dns() -> Manifest:
    return {
        "to": [
            {
                "namespaceSelector": {"matchLabels": {_NAMESPACE_LABEL: "kube-system"}},
                "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
            }
        ],
        "ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}],
    }


def _declared(tool: Tool) -> list[Manifest]:
    return [
        {"to": [{"ipBlock": {"cidr": egress.cidr}}], "ports": _tcp(egress.ports)} for egress in tool.spec.network.egress
    ]


def _hosts(tool: Tool) -> list[Manifest]:
    hosts = tool.spec.network.hosts
    if not hosts:
        return []
    ports = sorted({int(port) if port else HTTPS_PORT for _, _, port in (host.partition(":") for host in hosts)})
    public = [
        {"ipBlock": {"cidr": "0.0.0.0/0", "except": list(_NOT_PUBLIC_V4)}},
        {"ipBlock": {"cidr": "::/0", "except": list(_NOT_PUBLIC_V6)}},
    ]
    return [{"to": public, "ports": _tcp(ports)}]


def _tcp(ports: list[int]) -> list[Manifest]:
    return [{"port": port, "protocol": "TCP"} for port in ports]
