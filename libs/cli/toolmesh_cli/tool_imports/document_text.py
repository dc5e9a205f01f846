"""Reads an OpenAPI document from where the person says: a file, or an address."""

from pathlib import Path

import httpx

from toolmesh_core.errors import InvalidInput

_MAX_BYTES = 32_000_000
_TIMEOUT_S = 30.0


def read_document_text(where: str) -> str:
    """The text of a document.

    Raises:
        InvalidInput: it cannot be read.
    """
    return _fetched(where) if where.startswith(("http://", "https://")) else _read(Path(where))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read: {getattr(error, 'strerror', '') or error}") from error


def _fetched(url: str) -> str:
    """As the person's own browser would: whoever calls the command chose the address."""
    body = bytearray()
    try:
        with httpx.stream("GET", url, follow_redirects=True, timeout=_TIMEOUT_S) as response:
            if not response.is_success:
                raise InvalidInput(f"{url} answered with HTTP status {response.status_code}: is the address right?")
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > _MAX_BYTES:
                    raise InvalidInput(f"{url} has over {_MAX_BYTES} bytes: save what is needed as a file")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise InvalidInput(f"{url} cannot be read: {error or type(error).__name__}") from error
    return body.decode("utf-8-sig", "replace")
