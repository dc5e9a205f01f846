"""Which kind of document a file is: as said, or guessed from its name and its first bytes."""

from pathlib import PurePosixPath

from toolmesh_core.errors import InvalidInput

TEXT = "text/plain"
MARKDOWN = "text/markdown"
HTML = "text/html"
PDF = "application/pdf"
MEDIA_TYPES = (TEXT, MARKDOWN, HTML, PDF)
_BY_ENDING = {
    ".txt": TEXT,
    ".text": TEXT,
    ".log": TEXT,
    ".md": MARKDOWN,
    ".markdown": MARKDOWN,
    ".html": HTML,
    ".htm": HTML,
    ".xhtml": HTML,
    ".pdf": PDF,
}
_BEGINNING_BYTES = 1024


def media_type_of(said: str, source: str, content: bytes) -> str:
    """One of MEDIA_TYPES. InvalidInput where the caller names another, or the content is binary and no PDF."""
    wanted = said.partition(";")[0].strip().lower()
    if wanted:
        if wanted not in MEDIA_TYPES:
            raise InvalidInput(
                f"'media_type' {said!r} is not known; use one of {', '.join(MEDIA_TYPES)}", field="media_type"
            )
        return wanted
    beginning = content[:_BEGINNING_BYTES]
    if beginning.lstrip().startswith(b"%PDF-"):
        return PDF
    path = source.partition("?")[0].partition("#")[0]
    by_ending = _BY_ENDING.get(PurePosixPath(path).suffix.lower())
    if by_ending is not None and by_ending != PDF:
        return by_ending
    lowered = beginning.lstrip().lower()
    if lowered.startswith((b"<!doctype html", b"<html")):
        return HTML
    if b"\0" in beginning and not beginning.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InvalidInput(
            f"{source or 'the content'!r} is binary and no PDF; add text, Markdown, HTML or PDF", field="content"
        )
    return TEXT
