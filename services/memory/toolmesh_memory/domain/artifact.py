"""A value kept by the hash of its content, and the rules of its name and size."""

import re
from dataclasses import dataclass
from datetime import datetime

from toolmesh_core.errors import InvalidInput

PIECE_BYTES = 2**20
"""The most bytes in one message of a stream, as the contract says."""

DEFAULT_MEDIA_TYPE = "application/octet-stream"
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,127}/[A-Za-z0-9!#$&^_.+-]{1,127}( *;[\x20-\x7e]{0,200})?\Z")
_ARTIFACT_ID = re.compile(r"sha256-[0-9a-f]{64}\Z")
_MAX_FILE_NAME_CHARACTERS = 255


@dataclass(frozen=True, slots=True)
class Artifact:
    """What is known of one user's artifact; the same content of another user is another Artifact."""

    id: str
    user: str
    media_type: str
    file_name: str
    size_bytes: int
    create_time: datetime


@dataclass(frozen=True, slots=True)
class ArtifactDescription:
    """What the caller says of the bytes that follow."""

    user: str
    media_type: str
    file_name: str


def artifact_id(sha256_hex: str) -> str:
    """The id of the content with this digest."""
    return f"sha256-{sha256_hex}"


def is_artifact_id(artifact: str) -> bool:
    """Whether a text can be an artifact's id, and so a safe file name."""
    return _ARTIFACT_ID.match(artifact) is not None


def check_media_type(media_type: str) -> str:
    """The media type, the default for none, or InvalidInput where it is not one (RFC 6838)."""
    if not media_type:
        return DEFAULT_MEDIA_TYPE
    if not _MEDIA_TYPE.match(media_type):
        raise InvalidInput(
            f"media_type {media_type[:80]!r} is not a media type: write it like 'text/csv'", field="media_type"
        )
    return media_type


def check_file_name(file_name: str) -> str:
    """The file name, or InvalidInput where it is a path, holds control characters, or is too long."""
    if len(file_name) > _MAX_FILE_NAME_CHARACTERS:
        raise InvalidInput(
            f"file_name has {len(file_name)} characters; at most {_MAX_FILE_NAME_CHARACTERS} fit", field="file_name"
        )
    if file_name in {".", ".."} or any(c in "/\\" or not c.isprintable() for c in file_name):
        raise InvalidInput(
            f"file_name {file_name!r} must be a plain name without '/', '\\' or control characters", field="file_name"
        )
    return file_name


def check_size(size_bytes: int, max_bytes: int) -> None:
    """InvalidInput where an artifact has grown over the limit."""
    if size_bytes > max_bytes:
        raise InvalidInput(
            f"artifact is over the limit of {max_bytes} bytes: split it, "
            "or raise TOOLMESH_MEMORY_MAX_ARTIFACT_BYTES and start memory again",
            field="chunk",
        )
