"""The reading process: file on stdin, JSON on stdout. `MEDIA_TYPE MOST_PAGES MEMORY_BYTES CPU_SECONDS`."""

import json
import resource
import sys

from toolmesh_retriever.adapters.document_parsing.errors import UnreadableError
from toolmesh_retriever.adapters.document_parsing.html_text import read_html
from toolmesh_retriever.adapters.document_parsing.pdf_text import read_pdf
from toolmesh_retriever.adapters.document_parsing.plain_text import decode, read_markdown, read_plain
from toolmesh_retriever.app.ports import DocumentText
from toolmesh_retriever.domain import media_types


def read(media_type: str, content: bytes, most_pages: int) -> DocumentText:
    """The text of a file. Raises UnreadableError."""
    match media_type:
        case media_types.PDF:
            return read_pdf(content, most_pages)
        case media_types.HTML:
            return read_html(content)
        case media_types.MARKDOWN:
            return read_markdown(decode(content))
        case _:
            return read_plain(decode(content))


def main() -> None:
    """Reads under limits of memory and CPU time."""
    media_type, most_pages, memory_bytes, cpu_s = sys.argv[1], *map(int, sys.argv[2:5])
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    answer: dict[str, object]
    try:
        text = read(media_type, sys.stdin.buffer.read(), most_pages)
    except UnreadableError as error:
        answer = {"error": str(error)}
    else:
        sections = [(section.text, section.heading, section.page) for section in text.sections]
        answer = {"title": text.title, "sections": sections}
    # ASCII only: half a character pair from a damaged file must not break the pipe.
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
