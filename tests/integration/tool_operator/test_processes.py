"""The operator as the process it is in a cluster, and the process that the stock image runs for a Tool of sources."""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import yaml
from fixtures.kubernetes_api import DEPLOYMENTS, kube_config
from fixtures.tool_cluster import NAMESPACE, Cluster

from toolmesh_testing import process
from toolmesh_tool_operator.domain.manifests import DEPLOYMENT, manifests
from toolmesh_tool_operator.domain.stock import Stock
from toolmesh_tool_operator.domain.tool import read_tool
from toolmesh_tool_router.adapters.grpc_tool_service import GrpcToolService

ROOT = Path(__file__).parents[3]
PREFIX = "TOOLMESH_TOOL_GREETING_"


async def test_the_operator_works_as_a_process_and_ends_with_0_when_told(cluster: Cluster, tmp_path: Path) -> None:
    env = {
        "TOOLMESH_TOOL_OPERATOR_KUBE_CONFIG": str(kube_config(cluster.api, tmp_path)),
        "TOOLMESH_TOOL_OPERATOR_NAMESPACES": NAMESPACE,
    }
    async with process("toolmesh_tool_operator", env, log_path=tmp_path / "log") as operator:
        await cluster.create("greeting", image="registry.test/greeting:1")
        await cluster.until(lambda: cluster.get(DEPLOYMENTS, "greeting"))
        operator.terminate()
        async with asyncio.timeout(15):
            assert await operator.wait() == 0


def example() -> tuple[dict[str, str], dict[str, Any]]:
    """Sources and Tool of k8s/examples/tool.yaml."""
    bodies = list(yaml.safe_load_all((ROOT / "k8s/examples/tool.yaml").read_text()))
    sources = next(body["data"] for body in bodies if body["kind"] == "ConfigMap")
    return sources, next(body for body in bodies if body["kind"] == "Tool")


def mounted(sources: dict[str, str], folder: Path) -> Path:
    """As the kubelet mounts a ConfigMap: links to links."""
    (folder / "..1").mkdir(parents=True)
    (folder / "..data").symlink_to("..1")
    for name, text in sources.items():
        (folder / "..1" / name).write_text(text)
        (folder / name).symlink_to(f"..data/{name}")
    return folder


@asynccontextmanager
async def container(body: dict[str, Any], folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """What the stock image runs, by its Dockerfile and the Deployment; only the folder and the addresses are ours."""
    tool = read_tool({**body, "metadata": {**body["metadata"], "uid": "uid-1"}})
    template = manifests(tool, Stock("runner"))[DEPLOYMENT]["spec"]["template"]["spec"]
    env = {one["name"]: one["value"] for one in template["containers"][0]["env"]}
    env |= {f"{PREFIX}LISTEN": "127.0.0.1:0", f"{PREFIX}METRICS_LISTEN": "127.0.0.1:0"}
    entry = re.search(r"^ENTRYPOINT (.*)$", (ROOT / "k8s/tool_runner/Dockerfile").read_text(), re.MULTILINE)
    assert entry is not None
    command = [*json.loads(entry[1])[1:], tool.name, str(folder)]
    started = await asyncio.create_subprocess_exec(
        sys.executable, *command, env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.wait()


async def test_the_example_of_sources_is_served_by_what_the_stock_image_runs(tmp_path: Path) -> None:
    sources, body = example()
    async with asyncio.timeout(30), container(body, mounted(sources, tmp_path / "tool")) as started:
        assert started.stdout is not None
        facts = json.loads(await started.stdout.readline())
        client = GrpcToolService(facts["address"], None)
        assert [tool.name for tool in await client.list_tools(5.0)] == ["greet"]
        assert await client.is_serving(5.0)
        await client.close()
        started.terminate()
        assert await started.wait() == 0


def test_every_file_that_the_guide_names_is_there() -> None:
    pages = [ROOT / "docs/kubernetes-tools.md", ROOT / "services/tool_operator/README.md"]
    named = {path for page in pages for path in re.findall(r"(?<![/\w])k8s/[\w./-]+\w", page.read_text())}
    assert len(named) > 5
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []
