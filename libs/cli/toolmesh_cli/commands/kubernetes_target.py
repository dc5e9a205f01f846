"""`toolmesh tools deploy|remove --target kubernetes`: a Tool in a cluster, watched until it serves."""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import typer

from toolmesh_cli.kubernetes_target.cluster import Cluster, connect_to_cluster
from toolmesh_cli.kubernetes_target.rollout import Patience, Verdict, wait_until_gone, wait_until_ready
from toolmesh_cli.kubernetes_target.sources import read_sources, version_of
from toolmesh_cli.output import say, stderr, write_json, write_text
from toolmesh_cli.plain_text import plain
from toolmesh_core.errors import FailedPrecondition, InvalidInput, NotFound

DEFAULT_NAMESPACE = "toolmesh"
_NAME = re.compile(r"[a-z]([-a-z0-9]{0,48}[a-z0-9])?")


def deploy_to_kubernetes(
    path: Path | None,
    name: str | None,
    image: str | None,
    namespace: str | None,
    as_json: bool,
    *,
    patience: Patience | None = None,
) -> None:
    """Writes the Tool and waits until it is ready; a version that does not become so is rolled back.

    Args:
        path: a Python file or folder, mounted and served by the operator's stock image. Not looked at with an image.
        name: of the Tool; else made of the path's name.
        image: serves the tools itself; needed where they need packages.
        namespace: of the Tool; "toolmesh" where it is left out.

    Raises:
        ToolMeshError: it could not be written. typer.Exit: it was written, did not become ready, and was taken back.
    """
    chosen = _checked_name(name or _stem_of(path))
    sources = None if image or path is None else read_sources(path)
    if image is None and sources is None:
        raise InvalidInput("give a path with sources, or --image", field="path")
    with closing(connect_to_cluster(namespace or DEFAULT_NAMESPACE)) as cluster:
        verdict, undone = _roll_out(cluster, chosen, image, sources, patience or Patience())
    _report(chosen, cluster.namespace, verdict, undone, as_json)
    if not verdict.ready:
        raise typer.Exit(1)


def remove_from_kubernetes(
    name: str, namespace: str | None, as_json: bool, *, patience: Patience | None = None
) -> None:
    """Deletes the Tool and waits until its pods have finished their calls. NotFound where there is none."""
    name = _checked_name(name)
    with closing(connect_to_cluster(namespace or DEFAULT_NAMESPACE)) as cluster:
        if cluster.find_tool(name) is None:
            raise NotFound(f"no Tool {name!r} in namespace {cluster.namespace!r}")
        cluster.delete_tool(name)
        with _progress() as tell:
            tell(f"{name}: its pods finish their calls")
            wait_until_gone(cluster, name, patience or Patience())
    if as_json:
        write_json({"name": name, "namespace": cluster.namespace})
    else:
        write_text(f"removed {name} from namespace {cluster.namespace}")


def _roll_out(
    cluster: Cluster, name: str, image: str | None, sources: dict[str, str] | None, patience: Patience
) -> tuple[Verdict, str]:
    """How it went, and what was taken back where it went wrong."""
    before = cluster.find_tool(name)
    config_map = f"{name}-source-{version_of(sources)}" if sources is not None else None
    is_new = config_map is not None and sources is not None and cluster.put_source(config_map, name, sources)
    try:
        written = _write(cluster, name, before, image, config_map)
        generation = written["metadata"]["generation"]
        with _progress() as tell:
            verdict = wait_until_ready(cluster, name, generation, patience, lambda text: tell(f"{name}: {text}"))
        undone = "" if verdict.ready else _take_back(cluster, name, before, generation)
    except BaseException:
        if config_map is not None and is_new and before is None:
            cluster.delete_source(config_map)
        raise
    _clean_up(cluster, name, config_map, verdict, is_new)
    return verdict, undone


def _write(
    cluster: Cluster, name: str, before: dict[str, Any] | None, image: str | None, config_map: str | None
) -> dict[str, Any]:
    """The Tool with this version; what else its owner wrote into the spec stays."""
    spec: dict[str, Any] = {"image": image} if config_map is None else {"source": {"configMap": config_map}}
    if before is None:
        written = cluster.create_tool(name, spec)
    else:
        written = cluster.change_tool(name, {"image": None, "source": None, **spec})
    if config_map is not None:
        cluster.own_source(config_map, written)
    return written


def _clean_up(cluster: Cluster, name: str, config_map: str | None, verdict: Verdict, is_new: bool) -> None:
    """Only the sources of the version that serves are kept."""
    if verdict.ready:
        for old in cluster.source_names(name):
            if old != config_map:
                cluster.delete_source(old)
    elif is_new and config_map is not None:
        cluster.delete_source(config_map)


def _take_back(cluster: Cluster, name: str, before: dict[str, Any] | None, generation: int) -> str:
    if before is None:
        cluster.delete_tool(name)
        return "it is removed again, since there was no version before"
    try:
        cluster.restore_tool(name, before["spec"], generation)
    except FailedPrecondition as error:
        return error.message
    return "rolled back: the version before keeps serving"


def _report(name: str, namespace: str, verdict: Verdict, undone: str, as_json: bool) -> None:
    status = verdict.tool.get("status") or {}
    if as_json:
        answer = {
            "name": name,
            "namespace": namespace,
            "ready": verdict.ready,
            "reason": verdict.reason,
            "undone": undone,
            "tools": status.get("tools") or [],
            "conditions": verdict.conditions,
        }
        write_json(answer)
    elif verdict.ready:
        tools = ", ".join(status.get("tools") or []) or "its tools are listed by `toolmesh tools list`"
        write_text(f"deployed {name} to namespace {namespace}: {tools}")
    if not verdict.ready:
        say(f"{name} did not become ready: {verdict.reason}")
        for condition in verdict.conditions:
            say("  {type} is {status} ({reason}): {message}".format(**condition))
        say(undone)


@contextmanager
def _progress() -> Iterator[Any]:
    """Tells what goes on: in one line that moves on a terminal, else in a line each."""
    console = stderr()
    if not console.is_terminal:
        yield say
        return
    with console.status("") as status:
        yield lambda text: status.update(plain(text))


def _stem_of(path: Path | None) -> str:
    if path is None:
        raise InvalidInput("give --name with --image", field="name")
    return path.absolute().stem


def _checked_name(given: str) -> str:
    """As Kubernetes has names: small letters, and '-' for '_'."""
    name = given.lower().replace("_", "-")
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            f"name {given!r} must be at most 50 of a-z, 0-9 and '-', and begin with a letter; give another by --name",
            field="name",
        )
    return name
