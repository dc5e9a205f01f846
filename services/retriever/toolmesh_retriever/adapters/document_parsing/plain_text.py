"""Plain text and Markdown."""

import re

from toolmesh_retriever.adapters.document_parsing.errors import UnreadableError
from toolmesh_retriever.app.ports import DocumentText
from toolmesh_retriever.domain.passage_cutting import Section
from toolmesh_retriever.domain.text_terms import has_cjk

_HEADING = re.compile(r" {0,3}(#{1,6})\s+(.*?)\s*#*\s*$")
_UNDERLINE = re.compile(r" {0,3}(=+|-{2,})\s*$")
_FENCE = re.compile(r" {0,3}(```|~~~)")
_LINK = re.compile(r"!?\[([^\]\n]{0,500})\]\([^)\n]{0,2000}\)")
_MARKS = re.compile(r"(\*\*|__|`)(.+?)\1")
_SAMPLE_CHARACTERS = 4_000


def decode(content: bytes) -> str:
    """UTF-8, UTF-16 with its mark, GB 18030, or Windows-1252."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _tidy(content.decode("utf-16", errors="replace"))
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        # Nearly any bytes are GB 18030; it is believed only where Chinese comes out.
        if encoding != "gb18030" or has_cjk(text[:_SAMPLE_CHARACTERS]):
            return _tidy(text)
    return _tidy(content.decode("cp1252", errors="replace"))


def read_plain(text: str) -> DocumentText:
    """The whole as one section."""
    if not text.strip():
        raise UnreadableError("the file holds no text; add one that does")
    return DocumentText("", [Section(text)])


def read_markdown(text: str) -> DocumentText:
    """A section a heading; the first heading of the first level is the title."""
    title, heading = "", ""
    sections: list[Section] = []
    lines: list[str] = []
    in_code = False

    def close() -> None:
        body = "\n".join(lines).strip()
        if body:
            sections.append(Section(body, heading))
        lines.clear()

    for line in text.split("\n"):
        in_code ^= _FENCE.match(line) is not None
        found = None if in_code else _heading_of(line, lines)
        if found is None:
            lines.append(line if in_code else _plain(line))
            continue
        close()
        level, heading = found
        title = title or (heading if level == 1 else "")
    close()
    if not sections and not title:
        raise UnreadableError("the Markdown file holds no text; add one that does")
    return DocumentText(title, sections or [Section(title)])


def _heading_of(line: str, before: list[str]) -> tuple[int, str] | None:
    """Level and text of a heading; an underlined one takes its text from the line before."""
    match = _HEADING.match(line)
    if match:
        return len(match[1]), _plain(match[2])
    underline = _UNDERLINE.match(line)
    if underline and before and before[-1].strip() and (len(before) == 1 or not before[-2].strip()):
        return (1 if underline[1][0] == "=" else 2), before.pop().strip()
    return None


def _plain(line: str) -> str:
    return _MARKS.sub(r"\2", _LINK.sub(r"\1", line))


def _tidy(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
