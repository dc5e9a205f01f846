"""Artifacts: files kept by the hash of their content."""

import mimetypes
from os import PathLike
from pathlib import Path

import httpx

from toolmesh_core.errors import InvalidInput
from toolmesh_sdk.records.library import Artifact, ArtifactContent
from toolmesh_sdk.records.record import Page
from toolmesh_sdk.request import Request, delete, get, read_page, read_record, segment


def create_artifact(
    content: bytes | str | PathLike[str], *, media_type: str = "", file_name: str = ""
) -> Request[Artifact]:
    """Stores bytes, or the file at a path. The same content twice is one artifact.

    Args:
        media_type: guessed from the file's name where it is empty.
        file_name: the file's own where it is empty.
    """
    body = content if isinstance(content, bytes) else _existing(Path(content))
    name = file_name or (body.name if isinstance(body, Path) else "")
    kind = media_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Request(
        "POST",
        "/v1/artifacts",
        read_record(Artifact),
        {"file_name": name},
        content=body,
        headers={"Content-Type": kind},
        repeatable=True,
    )


def get_artifact(artifact: str) -> Request[ArtifactContent]:
    """An artifact's bytes, all of them in memory; see download for large ones."""
    return get(f"/v1/artifacts/{segment(artifact)}", _read_content)


def list_artifacts(*, page_size: int = 0, page_token: str = "") -> Request[Page[Artifact]]:
    """Your artifacts, newest first."""
    return get("/v1/artifacts", read_page(Artifact, "artifacts"), {"page_size": page_size, "page_token": page_token})


def delete_artifact(artifact: str) -> Request[None]:
    """Removes an artifact; an unknown one is no error."""
    return delete(f"/v1/artifacts/{segment(artifact)}")


def _read_content(response: httpx.Response) -> ArtifactContent:
    return ArtifactContent(content=response.content, media_type=response.headers.get("content-type", ""))


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise InvalidInput(f"there is no file {str(path)!r}; name a file that exists, or pass bytes", field="content")
    return path
