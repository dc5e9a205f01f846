"""The operator in process, as in production, beside a Kubernetes API on loopback."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from fixtures.kubernetes_api import kube_config, kubernetes_api
from fixtures.tool_cluster import NAMESPACE, Cluster, Operator

from toolmesh_core.service import serving_grpc
from toolmesh_tool_operator.bootstrap import bootstrap
from toolmesh_tool_operator.settings import ToolOperatorSettings


@pytest.fixture
async def cluster() -> AsyncIterator[Cluster]:
    async with kubernetes_api() as api:
        yield Cluster(api)


@pytest.fixture
def operator(cluster: Cluster, tmp_path: Path) -> Operator:
    """Runs the operator for a block."""

    @asynccontextmanager
    async def run(**settings: Any) -> AsyncIterator[str]:
        chosen = ToolOperatorSettings(
            namespaces=NAMESPACE, kube_config=kube_config(cluster.api, tmp_path), first_wait_s=0.05, **settings
        )
        async with bootstrap(chosen) as service, serving_grpc(service, chosen) as running:
            yield running.address

    return run
