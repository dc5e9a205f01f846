"""The HTML process: HTML in on stdin, title and visible text out as JSON; run by path, so it imports no ToolMesh code.

Arguments: CPU seconds, megabytes of memory, and the most characters of text.
"""

import json
import re
import resource
import sys

from selectolax.lexbor import LexborHTMLParser, LexborNode

_UNSEEN = ("script", "style", "noscript", "template", "svg", "math", "iframe", "object", "select", "textarea", "nav")
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "br",
        "caption",
        "center",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "legend",
        "li",
        "main",
        "menu",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "title",
        "tr",
        "ul",
    ]
)
_CELLS = frozenset(("td", "th"))
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"[^\S\n]*\n\s*")
MAX_TITLE_CHARS = 300


def read(html: str, max_chars: int) -> dict[str, str]:
    """Title and visible text; one line a block, cells separated by ' | '."""
    tree = LexborHTMLParser(html)
    title = tree.css_first("head > title")
    shown_title = " ".join(title.text().split())[:MAX_TITLE_CHARS] if title else ""
    return {"title": shown_title, "text": _visible_text(tree.body)[:max_chars] if tree.body else ""}


def _visible_text(body: LexborNode) -> str:
    """Walks by hand, since a block also ends its line and pages nest deeper than Python's stack."""
    pieces: list[str] = []
    node: LexborNode | None = body
    while node is not None:
        below = None
        if node.is_text_node:
            pieces.append(re.sub(r"\s+", " ", node.text_content or ""))
        elif node.tag not in _UNSEEN:
            pieces.append(_break_before(node))
            below = node.first_child
        node = below or _after(node, body, pieces)
    text = _LINES.sub("\n", _SPACES.sub(" ", "".join(pieces)))
    return re.sub(r"(?m)^(?: \|)* +| +$", "", text).strip()


def _after(node: LexborNode, body: LexborNode, pieces: list[str]) -> LexborNode | None:
    """The next node in reading order; ends the lines of the blocks that are left on the way."""
    current: LexborNode | None = node
    while current is not None and current.mem_id != body.mem_id:
        if current.tag in _BLOCKS:
            pieces.append("\n")
        following = current.next
        if following is not None:
            return following
        current = current.parent
    return None


def _break_before(node: LexborNode) -> str:
    if node.tag in _BLOCKS:
        return "\n"
    if node.tag in _CELLS and node.prev is not None:
        return " | "
    return "\n- " if node.tag == "li" else ""


def main(cpu_s: int, memory_mb: int, max_chars: int) -> None:
    """Bounds itself first: a page of a few kilobytes can be written so that its tree takes gigabytes."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb * 2**20, memory_mb * 2**20))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    html = sys.stdin.buffer.read().decode("utf-8", errors="replace")
    sys.stdout.write(json.dumps(read(html, max_chars)))


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:4]))
