"""Watches the Services of a namespace that have the label toolmesh.dev/tool, by the official client.

The client is an extra of this package and is loaded only where namespaces are set. Its own asyncio part does the
work; what is written here is the list-and-watch of the API's contract, since the client's Watch goes on from a
resource version that is gone and turns each object into models of which we need three fields.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from toolmesh_core.errors import Unavailable
from toolmesh_tool_router.domain.discovered_service import LABEL, discovered_service

logger = logging.getLogger(__name__)
_LIST_TIMEOUT_S = 10.0
# The server ends a watch after this; a connection that died in silence is noticed a little later.
_WATCH_S = 60
_SILENCE_S = 75.0
_FIRST_WAIT_S = 0.5
_MOST_WAIT_S = 30.0
# The version to watch from is too old: an everyday matter, after which all are read again.
_GONE = "GONE"


class KubernetesToolServices:
    """A ToolServiceWatch of one namespace.

    Args:
        client: an ApiClient of kubernetes.aio.
        sleep: waits between attempts, in seconds.
    """

    def __init__(self, client: Any, namespace: str, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._client = client
        self._sleep = sleep
        self.namespace = namespace
        self._shown: dict[str, str] = {}
        self._version = ""

    async def follow(self) -> AsyncIterator[Mapping[str, str]]:
        """The whole after each listing and each change. A failure is waited out; what is known stays."""
        failures = 0
        while True:
            try:
                if not self._version:
                    await self._list()
                    yield dict(self._shown)
                async for changed in self._watch():
                    failures = 0
                    if changed:
                        yield dict(self._shown)
                # The server ends a watch now and then; it goes on from where it was.
                await self._sleep(_FIRST_WAIT_S)
            except Unavailable as error:
                self._version = ""
                if failures == 0 and error.reason != _GONE:
                    facts = {"namespace": self.namespace, "detail": error.message}
                    logger.warning("the cluster's tool services are not seen", extra=facts)
                await self._sleep(min(_FIRST_WAIT_S * 2**failures, _MOST_WAIT_S))
                failures += 1

    async def _list(self) -> None:
        """Reads them all, and from which version to watch."""
        async with self._answer({}, _LIST_TIMEOUT_S) as response:
            body = json.loads(await response.read())
            self._shown = {}
            for item in body["items"]:
                self._take({"type": "ADDED", "object": item})
            self._version = str(body["metadata"]["resourceVersion"])

    async def _watch(self) -> AsyncIterator[bool]:
        """Takes each event; tells whether it changed what is shown. The first is that the API follows at all."""
        query = {"watch": "true", "resourceVersion": self._version, "allowWatchBookmarks": "true"}
        async with self._answer({**query, "timeoutSeconds": str(_WATCH_S)}, _SILENCE_S) as response:
            yield False
            async for line in response.response.content:
                if not line.strip():
                    continue
                event = json.loads(line)
                if event["type"] == "ERROR":
                    raise _error_of(event["object"])
                changed = self._take(event)
                self._version = str(event["object"]["metadata"]["resourceVersion"])
                yield changed

    def _take(self, event: Mapping[str, Any]) -> bool:
        """Notes an event; whether it changed anything."""
        if event["type"] == "BOOKMARK":
            return False
        before, body = dict(self._shown), event["object"]
        service = discovered_service(body)
        name = f"{body['metadata']['namespace']}_{body['metadata']['name']}"
        self._shown.pop(name, None)
        if event["type"] != "DELETED":
            if service is None:
                logger.warning("a Service shows no tool: it needs a port named grpc", extra={"tool_service": name})
            else:
                self._shown[name] = service.address
        return before != self._shown

    @asynccontextmanager
    async def _answer(self, query: Mapping[str, str], timeout_s: float) -> AsyncIterator[Any]:
        from aiohttp import ClientError

        path = f"/api/v1/namespaces/{self.namespace}/services"
        url = f"{self._client.configuration.host}{path}?{urlencode({'labelSelector': LABEL, **query})}"
        headers = {"Accept": "application/json"}
        try:
            await self._client.update_params_for_auth(headers, [], ["BearerToken"], path, "GET", None)
            response = await self._client.call_api("GET", url, headers, _request_timeout=timeout_s)
            try:
                if response.status >= 300:
                    raise _error_of(_status_of(response.status, await response.read()))
                yield response
            finally:
                response.response.close()
        except (TimeoutError, ClientError, ValueError, KeyError) as error:
            said = str(error) or type(error).__name__
            raise Unavailable(f"the Kubernetes API at {self._client.configuration.host}: {said}") from error


def _status_of(code: int, content: bytes) -> dict[str, Any]:
    try:
        said = json.loads(content).get("message", "")
    except (ValueError, AttributeError):
        said = ""
    return {"code": code, "message": said}


def _error_of(status: Mapping[str, Any]) -> Unavailable:
    code = status.get("code")
    hint = "; see k8s/operator/router-role.yaml" if code == 403 else ""
    message = f"the Kubernetes API said {code} {str(status.get('message', ''))[:300]}{hint}"
    return Unavailable(message, reason=_GONE if code == 410 else None)


@asynccontextmanager
async def open_kubernetes(kube_config: Path | None) -> AsyncIterator[Any]:
    """An ApiClient by a kube config, else by the pod's service account.

    Raises:
        Unavailable: package `kubernetes` is missing, or there are no credentials; says what to do.
    """
    try:
        from kubernetes.aio.client import ApiClient, Configuration
        from kubernetes.aio.config import ConfigException, load_incluster_config, load_kube_config
    except ImportError as error:
        raise Unavailable(
            "TOOLMESH_TOOL_ROUTER_KUBERNETES_NAMESPACES needs package 'kubernetes': "
            "pip install 'toolmesh-tool-router[kubernetes]'"
        ) from error
    configuration = Configuration()
    try:
        if kube_config is None:
            load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
        else:
            await load_kube_config(str(kube_config), client_configuration=configuration)  # type: ignore[no-untyped-call]
    except (ConfigException, OSError) as error:
        raise Unavailable(
            f"no way to a Kubernetes API: {error}; run in a pod with a service account, or set "
            "TOOLMESH_TOOL_ROUTER_KUBE_CONFIG to a kube config file"
        ) from error
    async with ApiClient(configuration) as client:
        yield client
