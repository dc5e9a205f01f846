"""HTML: the visible text by heading, without scripts, navigation and forms."""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from toolmesh_retriever.adapters.document_parsing.errors import UnreadableError
from toolmesh_retriever.adapters.document_parsing.plain_text import decode
from toolmesh_retriever.app.ports import DocumentText
from toolmesh_retriever.domain.passage_cutting import Section

_UNSEEN = ["script", "style", "noscript", "template", "svg", "nav", "form", "iframe", "head > *:not(title)"]
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_BLOCKS = frozenset(
    re.findall(
        r"\w+",
        "p div section article main li ul ol table tr blockquote pre figure figcaption dl dt dd br hr header footer",
    )
)
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset=[\"']?\s*([\w-]{2,40})", re.IGNORECASE)
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\s*\n\s*")


def read_html(content: bytes) -> DocumentText:
    """A section a heading."""
    tree = LexborHTMLParser(_decoded(content))
    title_node = tree.css_first("title")
    title = _SPACES.sub(" ", title_node.text()).strip() if title_node else ""
    for selector in _UNSEEN:
        for node in tree.css(selector):
            node.decompose()
    sections = _sections(tree.body) if tree.body else []
    if not sections:
        raise UnreadableError("the HTML file shows no text; add the page as it is after its scripts have run")
    return DocumentText(title, sections)


def _decoded(content: bytes) -> str:
    declared = _CHARSET.search(content[:2048])
    if declared:
        try:
            return content.decode(declared[1].decode("ascii"))
        except (LookupError, UnicodeDecodeError):
            # The page lies about its encoding; its bytes decide.
            return decode(content)
    return decode(content)


def _sections(body: LexborNode) -> list[Section]:
    sections: list[Section] = []
    heading, text = "", [""]

    def close() -> None:
        whole = _LINES.sub("\n\n", _SPACES.sub(" ", "".join(text))).strip()
        if whole:
            sections.append(Section(whole, heading))
        text.clear()

    for node in body.traverse(include_text=True):
        tag = node.tag
        if tag == "-text":
            if not _in_heading(node):
                text.append(node.text(deep=False))
        elif tag in _HEADINGS:
            close()
            heading = _SPACES.sub(" ", node.text()).strip()
        elif tag in _BLOCKS:
            text.append("\n")
        elif tag in ("td", "th"):
            text.append(" ")
    close()
    return sections or ([Section(heading, heading)] if heading else [])


def _in_heading(node: LexborNode) -> bool:
    parent = node.parent
    while parent is not None and parent.tag not in _BLOCKS:
        if parent.tag in _HEADINGS:
            return True
        parent = parent.parent
    return False
