"""Tool deployments: giving the platform tools to run, and looking after them."""

import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from os import PathLike, walk
from pathlib import Path
from typing import Any

import httpx
from pydantic import ValidationError

from toolmesh_core.errors import Internal, InvalidInput, Unavailable
from toolmesh_sdk.records.record import Page
from toolmesh_sdk.records.tool_deployment import DeploymentSource, ResourceLimits, ToolDeployment
from toolmesh_sdk.request import Query, Request, delete, get, read_nothing, read_page, read_record, segment
from toolmesh_sdk.server_sent_events import ServerSentEvent

# Above the platform's own limit, which pip's downloads may use up.
_LONGEST_DEPLOY_S = 630.0
# Silence in a followed log; the platform sends a sign of life more often.
_SILENCE_S = 60.0
# What a folder holds beside a source: caches, environments, version control, and secrets that belong on no server.
_LEFT_OUT = re.compile(r"__pycache__|\..*|.*\.egg-info|node_modules|venv|build|dist|.*\.py[co]")
_PATH = "/v1/tool-deployments"


def python_source(path: str | PathLike[str], *, secrets: Sequence[str] = ()) -> DeploymentSource:
    """A Python file, or a folder without its hidden files, caches and environments, as a source.

    Raises:
        InvalidInput: there is nothing there, or a symbolic link, which could lead out of the folder.
    """
    root = Path(path)
    if root.is_file():
        files = {root.name: root}
    elif root.is_dir():
        files = dict(_files_of(root))
    else:
        raise InvalidInput(f"there is no file or folder {str(path)!r}; name what to deploy", field="source")
    content = [{"path": name, "content": b64encode(file.read_bytes()).decode()} for name, file in sorted(files.items())]
    return DeploymentSource(python={"files": content, "secrets": list(secrets)})


def deploy_tools(
    source: str | PathLike[str] | DeploymentSource | Mapping[str, Any],
    *,
    name: str = "",
    limits: ResourceLimits | None = None,
    secrets: Sequence[str] = (),
) -> Request[None]:
    """Deploys a source, as a stream of stages; see ToolDeployments.deploy."""
    if isinstance(source, Mapping):
        source = DeploymentSource.model_validate(source)
    if isinstance(source, DeploymentSource):
        if not name:
            raise InvalidInput("'name' is empty; give the deployment a name", field="name")
    else:
        name = name or deployment_name(source)
        source = python_source(source, secrets=secrets)
    body = {
        "name": name,
        "source": source.model_dump(exclude_none=True),
        "limits": (limits or ResourceLimits()).to_json(),
    }
    query: Query = {"stream": "true"}
    return Request("POST", _PATH, read_nothing, query, make_body=lambda: body, timeout_s=_LONGEST_DEPLOY_S)


def deployment_name(path: str | PathLike[str]) -> str:
    """The name of a file or folder, with "-" for what a deployment's name may not hold."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", Path(path).resolve().stem).strip("-")[:63]


def list_tool_deployments(*, page_size: int = 0, page_token: str = "") -> Request[Page[ToolDeployment]]:
    """Deployments by name."""
    return get(_PATH, read_page(ToolDeployment, "deployments"), {"page_size": page_size, "page_token": page_token})


def get_tool_deployment(name: str) -> Request[ToolDeployment]:
    """One deployment; NotFound where there is none of that name."""
    return get(f"{_PATH}/{segment(name)}", read_record(ToolDeployment))


def read_tool_logs(name: str, *, tail_lines: int = 0) -> Request[list[str]]:
    """The last lines of a deployment's log; 0 means 200."""
    return get(f"{_PATH}/{segment(name)}/logs", _read_log_lines, {"tail_lines": tail_lines})


def follow_tool_logs(name: str, *, tail_lines: int = 0) -> Request[None]:
    """The same, and new lines as they come."""
    query: Query = {"tail_lines": tail_lines, "follow": "true"}
    return Request("GET", f"{_PATH}/{segment(name)}/logs", read_nothing, query, timeout_s=_SILENCE_S)


def remove_tool_deployment(name: str) -> Request[None]:
    """Takes a deployment out, and returns when its calls have ended and it is deleted; an unknown one is no error."""
    request = delete(f"{_PATH}/{segment(name)}")
    return Request(request.method, request.path, read_nothing, repeatable=True, timeout_s=_LONGEST_DEPLOY_S)


def read_stage(event: ServerSentEvent) -> tuple[str, ToolDeployment | None]:
    """What an event of a deployment says: a stage, or the deployment at the end."""
    try:
        data = json.loads(event.data)
        if event.event == "deployment":
            return "", ToolDeployment.model_validate(data)
        return str(data.get("stage", "")), None
    except (ValueError, AttributeError, ValidationError) as error:
        raise _unreadable(event) from error


def read_lines(event: ServerSentEvent) -> list[str]:
    """The lines that an event of a log holds."""
    try:
        return [str(line) for line in json.loads(event.data).get("lines", ())]
    except (ValueError, AttributeError) as error:
        raise _unreadable(event) from error


def broken_off() -> Unavailable:
    """A deployment whose stream ended before it did."""
    return Unavailable(
        "the connection ended before the deployment did; see `toolmesh tools deployments`", reason="CONNECTION_LOST"
    )


def _files_of(root: Path) -> Iterator[tuple[str, Path]]:
    for folder, folders, names in walk(root):
        folders[:] = [name for name in folders if not _LEFT_OUT.fullmatch(name)]
        for name in [*folders, *names]:
            path = Path(folder, name)
            if _LEFT_OUT.fullmatch(name):
                continue
            if path.is_symlink():
                raise InvalidInput(f"{path} is a symbolic link; put the file itself there", field="source")
            if path.is_file():
                yield path.relative_to(root).as_posix(), path


def _read_log_lines(response: httpx.Response) -> list[str]:
    return [str(line) for line in response.json().get("lines", ())]


def _unreadable(event: ServerSentEvent) -> Internal:
    return Internal(
        f"the platform sent an event this client cannot read: {event.data[:120]!r}; is it older than the platform?",
        reason="UNREADABLE_ANSWER",
    )
