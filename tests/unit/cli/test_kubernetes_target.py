"""`toolmesh tools deploy --target kubernetes` against a Kubernetes API on loopback."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import typer
from fixtures.kubernetes_api import CONFIG_MAPS, TOOLS, FakeApi, Fault, kube_config, kubernetes_api

from toolmesh_cli.commands.kubernetes_target import deploy_to_kubernetes, remove_from_kubernetes
from toolmesh_cli.kubernetes_target.rollout import Patience
from toolmesh_cli.kubernetes_target.sources import read_sources
from toolmesh_core.errors import FailedPrecondition, InvalidInput, NotFound, PermissionDenied

NAMESPACE = "tools"
QUICK = Patience(timeout_s=10.0, degraded_s=0.05, poll_s=0.02)
IMPATIENT = Patience(timeout_s=0.1, degraded_s=0.05, poll_s=0.02)
SOURCE = "from toolmesh_toolkit import tool\n"


@pytest.fixture
async def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeApi]:
    async with kubernetes_api() as running:
        monkeypatch.setenv("KUBECONFIG", str(kube_config(running, tmp_path)))
        yield running


@pytest.fixture
def source(tmp_path: Path) -> Path:
    file = tmp_path / "greeting.py"
    file.write_text(SOURCE)
    return file


async def deploy(path: Path | None, *, image: str = "", patience: Patience = QUICK, as_json: bool = False) -> None:
    await asyncio.to_thread(deploy_to_kubernetes, path, "greeting", image, NAMESPACE, as_json, patience=patience)


def rewrite(source: Path, text: str) -> None:
    source.write_text(text)


def tool(api: FakeApi) -> dict[str, Any]:
    return api.body(TOOLS, NAMESPACE, "greeting")


def sources(api: FakeApi) -> set[str]:
    return {
        name for resource, _, name in api.objects if resource == CONFIG_MAPS and api.body(resource, NAMESPACE, name)
    }


async def operator_says(api: FakeApi, generation: int, *, ready: bool, reason: str = "ReplicasReady") -> None:
    """What the operator writes when it has seen a generation."""
    await api.until(lambda: tool(api).get("metadata", {}).get("generation") == generation)
    conditions = [
        {"type": "Ready", "status": str(ready), "reason": reason, "message": "1 of 1 replicas ready"},
        {"type": "Degraded", "status": str(not ready), "reason": reason, "message": "pod greeting-1: no such image"},
    ]
    status = {"observedGeneration": generation, "conditions": conditions, "tools": ["greet"]}
    await api.change(TOOLS, NAMESPACE, "greeting", {"status": status})


async def test_a_file_becomes_a_config_map_and_a_tool_and_is_waited_for(
    api: FakeApi, source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await asyncio.gather(deploy(source), operator_says(api, 1, ready=True))
    (config_map,) = sources(api)
    assert tool(api)["spec"] == {"source": {"configMap": config_map}}
    kept = api.body(CONFIG_MAPS, NAMESPACE, config_map)
    assert (kept["immutable"], kept["data"]) == (True, {"greeting.py": SOURCE})
    assert kept["metadata"]["ownerReferences"][0]["uid"] == tool(api)["metadata"]["uid"]
    assert capsys.readouterr().out == "deployed greeting to namespace tools: greet\n"


async def test_a_new_version_keeps_what_the_owner_wrote_and_drops_the_old_sources(api: FakeApi, source: Path) -> None:
    await asyncio.gather(deploy(source), operator_says(api, 1, ready=True))
    await api.change(TOOLS, NAMESPACE, "greeting", {"spec": {"replicas": 3}})
    rewrite(source, f"{SOURCE}# another version\n")
    await asyncio.gather(deploy(source), operator_says(api, 3, ready=True))
    (config_map,) = sources(api)
    assert tool(api)["spec"] == {"source": {"configMap": config_map}, "replicas": 3}


async def test_sources_give_way_to_an_image(api: FakeApi, source: Path) -> None:
    await asyncio.gather(deploy(source), operator_says(api, 1, ready=True))
    await asyncio.gather(deploy(None, image="registry.test/greeting:1"), operator_says(api, 2, ready=True))
    assert tool(api)["spec"] == {"image": "registry.test/greeting:1"}
    assert sources(api) == set()


async def test_a_version_that_does_not_become_ready_is_rolled_back(
    api: FakeApi, source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await asyncio.gather(deploy(source), operator_says(api, 1, ready=True))
    before, kept = tool(api)["spec"], sources(api)
    rewrite(source, "broken")
    with pytest.raises(typer.Exit):
        await asyncio.gather(deploy(source), operator_says(api, 2, ready=False, reason="ImagePullBackOff"))
    assert (tool(api)["spec"], sources(api)) == (before, kept)
    told = capsys.readouterr().err
    assert "greeting did not become ready: ImagePullBackOff: pod greeting-1: no such image" in told
    assert "Degraded is True (ImagePullBackOff)" in told
    assert "rolled back: the version before keeps serving" in told


async def test_a_first_version_that_does_not_become_ready_leaves_nothing(api: FakeApi, source: Path) -> None:
    with pytest.raises(typer.Exit):
        await asyncio.gather(deploy(source), operator_says(api, 1, ready=False, reason="CrashLoopBackOff"))
    assert (tool(api), sources(api)) == ({}, set())


async def test_what_somebody_else_changed_meanwhile_is_not_rolled_back(
    api: FakeApi, source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await asyncio.gather(deploy(source), operator_says(api, 1, ready=True))
    rewrite(source, "broken")

    async def somebody_else() -> None:
        await api.until(lambda: tool(api)["metadata"]["generation"] == 2)
        await api.change(TOOLS, NAMESPACE, "greeting", {"spec": {"image": "registry.test/mended:1", "source": None}})
        status = {"observedGeneration": 2, "conditions": bad("CrashLoopBackOff")}
        await api.change(TOOLS, NAMESPACE, "greeting", {"status": status})

    with pytest.raises(typer.Exit):
        await asyncio.gather(deploy(source), somebody_else())
    assert tool(api)["spec"] == {"image": "registry.test/mended:1"}
    assert "somebody else changed it meanwhile" in capsys.readouterr().err


async def test_trouble_that_passes_is_waited_out(api: FakeApi, source: Path) -> None:
    patient = Patience(timeout_s=10.0, degraded_s=5.0, poll_s=0.02)

    async def falls_and_rises() -> None:
        await operator_says(api, 1, ready=False, reason="ErrImagePull")
        looked = api.asked.count(("get", "tools"))
        await api.until(lambda: api.asked.count(("get", "tools")) > looked + 1)
        await operator_says(api, 1, ready=True)

    await asyncio.gather(deploy(source, patience=patient), falls_and_rises())
    assert tool(api)


async def test_without_an_operator_it_says_so(api: FakeApi, source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        await deploy(source, patience=IMPATIENT)
    assert "no tool operator looked at it within 0.1 s" in capsys.readouterr().err


async def test_json_says_how_it_went(api: FakeApi, source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    await asyncio.gather(deploy(source, as_json=True), operator_says(api, 1, ready=True))
    answer = json.loads(capsys.readouterr().out)
    assert (answer["ready"], answer["tools"], answer["conditions"][0]["reason"]) == (True, ["greet"], "ReplicasReady")


async def test_lack_of_rights_leaves_nothing_behind(api: FakeApi, source: Path) -> None:
    api.faults.append(Fault("create", TOOLS, 403))
    with pytest.raises(PermissionDenied, match="ask for rights to Tools"):
        await deploy(source)
    assert sources(api) == set()


async def test_a_cluster_without_the_crd_is_told_from_one_with(api: FakeApi, source: Path) -> None:
    api.faults.append(Fault("create", TOOLS, 404))
    with pytest.raises(NotFound, match=r"kubectl apply .* -f k8s/crds/tool\.yaml"):
        await deploy(source)


async def test_remove_waits_until_the_tool_is_gone(
    api: FakeApi, source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await asyncio.gather(deploy(source), operator_says(api, 1, ready=True))
    await asyncio.to_thread(remove_from_kubernetes, "greeting", NAMESPACE, False, patience=QUICK)
    assert tool(api) == {}
    assert capsys.readouterr().out.endswith("removed greeting from namespace tools\n")
    with pytest.raises(NotFound, match="no Tool 'greeting'"):
        await asyncio.to_thread(remove_from_kubernetes, "greeting", NAMESPACE, False)


def folder_with(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_py", ".py").replace("_txt", ".txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_a_folder_is_taken_without_its_tests(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, a_py="1", words_txt="x", test_a_py="2", conftest_py="3", requirements_txt="# none\n")
    (folder / "Dockerfile").write_text("FROM scratch")
    assert read_sources(folder) == {"a.py": "1", "words.txt": "x"}


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"a_py": "", "requirements_txt": "toolmesh-toolkit\nrequests>=2\n"}, "it needs 'requests'"),
        ({"a_py": "", "parts__b_py": ""}, "folder 'parts' does not fit"),
        ({"words_txt": "x"}, "no Python file"),
        ({"a_py": "x" * 1_000_000}, "1000000 bytes of sources are over"),
    ],
)
def test_what_does_not_fit_into_a_config_map_is_refused(tmp_path: Path, files: dict[str, str], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        read_sources(folder_with(tmp_path, **files))


@pytest.mark.parametrize("name", ["1st", "grüße", "a" * 51, "-"])
def test_a_name_that_kubernetes_does_not_take_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="give another by --name"):
        deploy_to_kubernetes(None, name, "image", None, False)


def test_a_missing_package_is_told_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kubernetes.client", None)
    with pytest.raises(FailedPrecondition, match=r"pip install 'toolmesh-cli\[kubernetes\]'"):
        deploy_to_kubernetes(None, "greeting", "image", None, False)


def bad(reason: str) -> list[dict[str, Any]]:
    return [
        {"type": "Ready", "status": "False", "reason": reason, "message": ""},
        {"type": "Degraded", "status": "True", "reason": reason, "message": "it crashes"},
    ]
