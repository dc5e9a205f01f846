"""Tools and their ConfigMaps in the Kubernetes API, by its official client, which is loaded only here."""

import json
import os
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from toolmesh_core.errors import (
    FailedPrecondition,
    InvalidInput,
    NotFound,
    PermissionDenied,
    ToolMeshError,
    Unavailable,
    error_class_of_http_status,
)

GROUP, VERSION = "toolmesh.dev", "v1alpha1"
SOURCE_OF = "toolmesh.dev/source-of"
_JSON = "application/json"
_MERGE = "application/merge-patch+json"
_JSON_PATCH = "application/json-patch+json"
_REQUEST_TIMEOUT_S = 30
Body = dict[str, Any]


class Cluster:
    """One namespace of a cluster. What goes wrong is raised as ToolMeshError."""

    def __init__(self, client: Any, namespace: str) -> None:
        self.namespace = namespace
        self._client = client
        self._tools = f"/apis/{GROUP}/{VERSION}/namespaces/{namespace}/tools"
        self._config_maps = f"/api/v1/namespaces/{namespace}/configmaps"

    def close(self) -> None:
        """Ends its connections."""
        self._client.rest_client.pool_manager.clear()

    def find_tool(self, name: str) -> Body | None:
        """The Tool; None where there is none."""
        try:
            return self._request("GET", f"{self._tools}/{name}", f"read Tool {name!r}")
        except NotFound:
            return None

    def create_tool(self, name: str, spec: Body) -> Body:
        """A new Tool. NotFound, with what to do, where the cluster does not know Tools."""
        metadata = {"name": name, "namespace": self.namespace}
        body = {"apiVersion": f"{GROUP}/{VERSION}", "kind": "Tool", "metadata": metadata, "spec": spec}
        try:
            return self._request("POST", self._tools, f"create Tool {name!r}", body)
        except NotFound as error:
            raise NotFound(
                f"{error.message}; is there namespace {self.namespace!r}, and the CRD? "
                "`kubectl apply -f k8s/operator/namespace.yaml -f k8s/crds/tool.yaml`"
            ) from error

    def change_tool(self, name: str, spec: Body) -> Body:
        """Merges into the spec; None removes a field."""
        return self._request("PATCH", f"{self._tools}/{name}", f"change Tool {name!r}", {"spec": spec}, _MERGE)

    def restore_tool(self, name: str, spec: Body, generation: int) -> None:
        """Puts back a whole spec. FailedPrecondition where somebody else changed the Tool since that generation."""
        patch = [
            {"op": "test", "path": "/metadata/generation", "value": generation},
            {"op": "replace", "path": "/spec", "value": spec},
        ]
        try:
            self._request("PATCH", f"{self._tools}/{name}", f"roll back Tool {name!r}", patch, _JSON_PATCH)
        except (InvalidInput, FailedPrecondition) as error:
            message = f"{error.message}; somebody else changed it meanwhile, so it is left as it is"
            raise FailedPrecondition(message) from error

    def delete_tool(self, name: str) -> None:
        """Deletes a Tool when all that belongs to it is gone; one that is gone already is no error."""
        options = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Foreground"}
        with suppress(NotFound):
            self._request("DELETE", f"{self._tools}/{name}", f"delete Tool {name!r}", options)

    def source_names(self, tool: str) -> list[str]:
        """The ConfigMaps with sources of a tool."""
        query = urlencode({"labelSelector": f"{SOURCE_OF}={tool}"})
        found = self._request("GET", f"{self._config_maps}?{query}", "list ConfigMaps")
        return [item["metadata"]["name"] for item in found["items"]]

    def put_source(self, config_map: str, tool: str, sources: dict[str, str]) -> bool:
        """An immutable ConfigMap; one of this name holds the same, since the name has the hash. Whether it is new."""
        if config_map in self.source_names(tool):
            return False
        labels = {"app.kubernetes.io/part-of": "toolmesh", SOURCE_OF: tool}
        metadata = {"name": config_map, "namespace": self.namespace, "labels": labels}
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "immutable": True, "data": sources}
        self._request("POST", self._config_maps, f"create ConfigMap {config_map!r}", body)
        return True

    def own_source(self, config_map: str, tool: Body) -> None:
        """Lets the ConfigMap go when its Tool goes."""
        metadata = tool["metadata"]
        owner = {"apiVersion": f"{GROUP}/{VERSION}", "kind": "Tool", "name": metadata["name"], "uid": metadata["uid"]}
        body = {"metadata": {"ownerReferences": [owner]}}
        self._request("PATCH", f"{self._config_maps}/{config_map}", f"change ConfigMap {config_map!r}", body, _MERGE)

    def delete_source(self, config_map: str) -> None:
        """Deletes a ConfigMap of sources; one that is gone already is no error."""
        with suppress(NotFound):
            self._request("DELETE", f"{self._config_maps}/{config_map}", f"delete ConfigMap {config_map!r}")

    def _request(self, method: str, path: str, what: str, body: Any = None, content_type: str = _JSON) -> Body:
        from urllib3.exceptions import HTTPError

        headers = {"Accept": _JSON, "Content-Type": content_type}
        self._client.update_params_for_auth(headers, [], ["BearerToken"], path, method, body)
        url = f"{self._client.configuration.host}{path}"
        try:
            answer = self._client.call_api(method, url, headers, body, _request_timeout=_REQUEST_TIMEOUT_S)
            content = answer.read()
        except HTTPError as error:
            raise Unavailable(f"cannot {what}: the Kubernetes API does not answer: {error}") from error
        if answer.status >= 300:
            raise _error(answer.status, content, what, self.namespace)
        answered: Body = json.loads(content)
        return answered


def _error(status: int, content: bytes | str | None, what: str, namespace: str) -> ToolMeshError:
    try:
        said = json.loads(content or "{}").get("message", "")
    except (ValueError, AttributeError):
        said = ""
    message = f"cannot {what} in namespace {namespace!r}: the Kubernetes API said {status} {said[:500]}".rstrip()
    if status == 403:
        return PermissionDenied(f"{message}; ask for rights to Tools and ConfigMaps there")
    return error_class_of_http_status(status)(message)


def connect_to_cluster(namespace: str) -> Cluster:
    """The cluster of the kube config (KUBECONFIG, ~/.kube/config), else the one that this process runs in.

    Raises:
        FailedPrecondition: package `kubernetes` is missing. Unavailable: there are no credentials.
    """
    try:
        from kubernetes.client import ApiClient, Configuration
        from kubernetes.config import ConfigException, load_incluster_config, load_kube_config
    except ImportError as error:
        raise FailedPrecondition(
            "the Kubernetes target needs package 'kubernetes': pip install 'toolmesh-cli[kubernetes]'"
        ) from error
    configuration = Configuration()
    try:
        # The client itself reads the variable only once, when it is imported.
        load_kube_config(os.environ.get("KUBECONFIG"), client_configuration=configuration)  # type: ignore[no-untyped-call]
    except ConfigException as no_file:
        try:
            load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
        except ConfigException as error:
            raise Unavailable(
                f"no way to a Kubernetes cluster: {no_file}; set KUBECONFIG to a kube config file"
            ) from error
    return Cluster(ApiClient(configuration), namespace)
