"""The Kubernetes API by its official client: plain objects, server-side apply, errors of our own tree."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import aiohttp
from kubernetes.aio.client import ApiClient, Configuration

from toolmesh_core.errors import NotFound, PermissionDenied, ToolMeshError, Unavailable, error_class_of_http_status
from toolmesh_tool_operator.domain.labels import FIELD_MANAGER
from toolmesh_tool_operator.domain.manifests import POD, TOOL, Kind

_MOST_DETAIL = 300
_JSON = "application/json"
_MERGE = "application/merge-patch+json"
_APPLY = "application/apply-patch+yaml"


class KubernetesApi:
    """A Cluster in the API server."""

    def __init__(self, client: Any, timeout_s: float) -> None:
        self._client = client
        self._timeout_s = timeout_s

    async def check_that_tools_exist(self, namespace: str) -> None:
        """NotFound, with what to do, where the cluster has no such resource: kopf would wait for it in silence."""
        try:
            await self._request("GET", _path(TOOL, namespace), "list Tools", query={"limit": "1"})
        except NotFound as error:
            raise NotFound(f"{error.message}: is the CRD there? `kubectl apply -f k8s/crds/tool.yaml`") from error

    async def get(self, kind: Kind, namespace: str, name: str) -> dict[str, Any] | None:
        """The object; None where there is none."""
        try:
            return await self._request("GET", _path(kind, namespace, name), f"read {kind.name} {namespace}/{name}")
        except NotFound:
            return None

    async def list_pods(self, namespace: str, labels: Mapping[str, str]) -> Sequence[dict[str, Any]]:
        """The pods with these labels."""
        query = {"labelSelector": ",".join(f"{key}={value}" for key, value in labels.items())}
        found = await self._request("GET", _path(POD, namespace), f"list Pods in {namespace}", query=query)
        return list(found["items"])

    async def apply(self, kind: Kind, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """Server-side apply, by force: what the operator says of these fields is so."""
        namespace, name = manifest["metadata"]["namespace"], manifest["metadata"]["name"]
        query = {"fieldManager": FIELD_MANAGER, "force": "true"}
        what = f"apply {kind.name} {namespace}/{name}"
        return await self._request("PATCH", _path(kind, namespace, name), what, manifest, _APPLY, query)

    async def delete(self, kind: Kind, namespace: str, name: str, uid: str) -> None:
        """Deletes exactly this object; one that is gone is no error."""
        options = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": uid}}
        try:
            await self._request(
                "DELETE", _path(kind, namespace, name), f"delete {kind.name} {namespace}/{name}", options
            )
        except NotFound:
            return

    async def write_status(self, namespace: str, name: str, status: Mapping[str, Any]) -> None:
        """Merges into the status; one that is gone is no error."""
        path = f"{_path(TOOL, namespace, name)}/status"
        try:
            await self._request(
                "PATCH", path, f"write the status of Tool {namespace}/{name}", {"status": status}, _MERGE
            )
        except NotFound:
            return

    async def _request(
        self,
        method: str,
        path: str,
        what: str,
        body: Mapping[str, Any] | None = None,
        content_type: str = _JSON,
        query: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        headers = {"Accept": _JSON, "Content-Type": content_type}
        await self._client.update_params_for_auth(headers, [], ["BearerToken"], path, method, body)
        url = f"{self._client.configuration.host}{path}" + (f"?{urlencode(query)}" if query else "")
        try:
            response = await self._client.call_api(method, url, headers, body, _request_timeout=self._timeout_s)
            content = await response.read()
        except (TimeoutError, aiohttp.ClientError) as error:
            said = str(error) or type(error).__name__
            raise Unavailable(
                f"cannot {what}: the Kubernetes API does not answer ({said})", reason="ApiUnreachable"
            ) from error
        if response.status >= 300:
            raise _error(response.status, content, what)
        answer: dict[str, Any] = json.loads(content)
        return answer


def _path(kind: Kind, namespace: str, name: str = "") -> str:
    root = f"/apis/{kind.group}" if kind.group else "/api"
    return f"{root}/{kind.version}/namespaces/{namespace}/{kind.plural}" + (f"/{name}" if name else "")


def _error(status: int, content: bytes, what: str) -> ToolMeshError:
    """The API's own words; what it holds back for lack of rights names the right."""
    try:
        said = str(json.loads(content).get("message", ""))
    except (ValueError, AttributeError):
        said = ""
    message = f"cannot {what}: the Kubernetes API said {status} {said[:_MOST_DETAIL]}".rstrip()
    if status == PermissionDenied.http_status:
        return PermissionDenied(f"{message}; see the Role in k8s/operator", reason="ApiForbidden")
    if status == 409:
        return Unavailable(message, reason="ApiConflict")
    return error_class_of_http_status(status)(message, reason=f"Api{status}")


@asynccontextmanager
async def open_kubernetes_api(configuration: Configuration, timeout_s: float) -> AsyncIterator[KubernetesApi]:
    """The API for the life of the service."""
    async with ApiClient(configuration) as client:
        yield KubernetesApi(client, timeout_s)
