"""PDF: the text page by page."""

import io
import re

from pypdf import PdfReader
from pypdf.errors import DependencyError, PyPdfError

from toolmesh_retriever.adapters.document_parsing.errors import UnreadableError
from toolmesh_retriever.app.ports import DocumentText
from toolmesh_retriever.domain.passage_cutting import Section

_HYPHEN = re.compile(r"(?<=[a-z])-\n(?=[a-z])")
_DAMAGED = "the PDF is damaged ({}); save it again with another program"


def read_pdf(content: bytes, most_pages: int) -> DocumentText:
    """A section a page that has text."""
    try:
        reader = PdfReader(io.BytesIO(content))
        _unlock(reader)
        count = len(reader.pages)
        if count > most_pages:
            raise UnreadableError(f"the PDF has {count} pages, at most {most_pages} are taken; split it")
        sections = [Section(_text(page.extract_text()), page=number) for number, page in enumerate(reader.pages, 1)]
        title = str(reader.metadata.title or "") if reader.metadata else ""
    # Damaged files make the parser fail in many ways; each is the file's fault, and this process reads one file only.
    except (PyPdfError, ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError, OSError) as error:
        raise UnreadableError(_DAMAGED.format(f"{type(error).__name__}: {error}"[:200])) from error
    with_text = [section for section in sections if section.text]
    if not with_text:
        raise UnreadableError(
            f"the PDF has {count} pages without any text: empty or scanned; run text recognition (OCR) on it first"
        )
    return DocumentText(title.strip(), with_text)


def _unlock(reader: PdfReader) -> None:
    """Many files are encrypted with an empty password, which only asks for good manners."""
    if not reader.is_encrypted:
        return
    try:
        unlocked = bool(reader.decrypt(""))
    except (DependencyError, NotImplementedError):
        unlocked = False
    if not unlocked:
        raise UnreadableError("the PDF is encrypted; add a copy that opens without a password")


def _text(raw: str) -> str:
    return _HYPHEN.sub("", raw).replace("\0", "").strip()
