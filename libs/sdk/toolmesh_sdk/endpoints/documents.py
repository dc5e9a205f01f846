"""Documents: texts that can be searched."""

import base64
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from toolmesh_core.errors import InvalidInput
from toolmesh_core.ids import new_id
from toolmesh_sdk.records.library import Document, DocumentSearch
from toolmesh_sdk.records.record import Page
from toolmesh_sdk.request import Query, Request, delete, get, read_page, read_record, segment

# A long PDF is embedded passage by passage before the answer comes.
_LONGEST_S = 300.0


def add_document(
    path: str | PathLike[str] | None = None,
    *,
    text: str | None = None,
    title: str = "",
    source: str = "",
    media_type: str = "",
    request_id: str = "",
) -> Request[Document]:
    """Adds a document from a file (text, Markdown, HTML, PDF) or from a text.

    Args:
        path: the file; or
        text: the text itself.
        title: the first heading or the source where it is empty.
        source: where it came from, for people; the path where it is empty.
        media_type: guessed where it is empty; a text is text/plain.
        request_id: the same id means the same document; one is made where it is empty.
    """
    if (path is None) == (text is None):
        raise InvalidInput("give either the path of a file or text=..., not both", field="path")
    identity = request_id or new_id("request")

    def body() -> dict[str, Any]:
        content = _content(Path(path)) if path is not None else (text or "").encode()
        fields = {
            "title": title,
            "source": source or (str(path) if path is not None else ""),
            "media_type": media_type or ("text/plain" if path is None else ""),
        }
        filled = {name: value for name, value in fields.items() if value}
        return {**filled, "content": base64.b64encode(content).decode(), "request_id": identity}

    return Request(
        "POST", "/v1/documents", read_record(Document), make_body=body, repeatable=True, timeout_s=_LONGEST_S
    )


def get_document(document: str) -> Request[Document]:
    """One document; NotFound where you have none of that id."""
    return get(f"/v1/documents/{segment(document)}", read_record(Document))


def list_documents(*, page_size: int = 0, page_token: str = "") -> Request[Page[Document]]:
    """Your documents, newest first."""
    return get("/v1/documents", read_page(Document, "documents"), {"page_size": page_size, "page_token": page_token})


def delete_document(document: str) -> Request[None]:
    """Removes a document and its passages; an unknown one is no error."""
    return delete(f"/v1/documents/{segment(document)}")


def search_documents(query: str, *, top_k: int = 0, documents: Sequence[str] = ()) -> Request[DocumentSearch]:
    """Passages for a question, best first; top_k 0 means 5; only of some documents where any are named."""
    parameters: Query = {"query": query, "top_k": top_k, "documents": tuple(documents)}
    return get("/v1/documents:search", read_record(DocumentSearch), parameters)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        message = f"cannot read {str(path)!r}: {error.strerror}; name a file that exists"
        raise InvalidInput(message, field="path") from error
