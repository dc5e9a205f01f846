"""Reads the text of HTML in one pass, in time linear in its length whatever the markup, which tree builders are not."""

import html
import re
from dataclasses import dataclass

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_SKIPPED = frozenset({"script", "style", "noscript", "template", "svg", "math", "iframe", "object", "textarea"})
_CLOSING = {name: re.compile(rf"</{name}\b", re.IGNORECASE) for name in (*_SKIPPED, "title")}
_BLOCKS = frozenset(
    {"address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figcaption", "footer", "form", "h1"}
    | {
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "option",
        "p",
        "pre",
        "section",
        "table",
    }
    | {"tr", "ul"}
)
_CELLS = frozenset({"td", "th"})
_SPACES = re.compile(r"[^\S\n]+")
_BLANK_LINES = re.compile(r"\s*\n\s*")


@dataclass(frozen=True, slots=True)
class HtmlText:
    """What a person would read: a line a block."""

    title: str
    text: str


def read_html(markup: str) -> HtmlText:
    """The title and text of a page; broken markup is read as far as it makes sense."""
    reader = _Reader(markup)
    reader.read()
    return HtmlText(_tidy(" ".join(reader.title.split())), _tidy("".join(reader.pieces)))


def _tidy(text: str) -> str:
    return _BLANK_LINES.sub("\n", _SPACES.sub(" ", html.unescape(text))).strip()


class _Reader:
    """Walks from one "<" to the next; never looks at a character more than a few times."""

    def __init__(self, markup: str) -> None:
        self._markup = markup
        self._position = 0
        self._more_quotes = {'"': True, "'": True}
        self.title = ""
        self.pieces: list[str] = []

    def read(self) -> None:
        while self._position < len(self._markup):
            opening = self._markup.find("<", self._position)
            if opening < 0:
                self._add_text(self._markup[self._position :])
                return
            self._add_text(self._markup[self._position : opening])
            self._position = self._after(opening)

    def _add_text(self, text: str) -> None:
        if text:
            self.pieces.append(text.replace("\n", " ").replace("\r", " "))

    def _after(self, opening: int) -> int:
        """Where reading goes on after what begins with this "<"."""
        if self._markup.startswith("<!--", opening):
            return self._past("-->", opening + 4)
        tag = _TAG.match(self._markup, opening)
        if tag is None:
            if self._markup.startswith(("<!", "<?"), opening):
                return self._past(">", opening)
            self.pieces.append("<")
            return opening + 1
        name, end = tag[2].lower(), self._end_of_tag(tag.end())
        if name in _BLOCKS:
            self.pieces.append("\n")
        elif name in _CELLS:
            self.pieces.append(" ")
        if not tag[1] and name in _CLOSING:
            return self._past_content(name, end)
        return end

    def _past(self, text: str, start: int) -> int:
        found = self._markup.find(text, start)
        return found + len(text) if found >= 0 else len(self._markup)

    def _past_content(self, name: str, start: int) -> int:
        """Over the content of a script and the like; the first title is kept."""
        closing = _CLOSING[name].search(self._markup, start)
        end = closing.start() if closing else len(self._markup)
        if name == "title" and not self.title:
            self.title = self._markup[start:end]
        return end

    def _end_of_tag(self, start: int) -> int:
        """Past the ">" that ends a tag; one within a quoted attribute does not."""
        position = start
        while (end := self._markup.find(">", position)) >= 0:
            quote = self._open_quote(position, end)
            if not quote:
                return end + 1
            position = quote
        return len(self._markup)

    def _open_quote(self, start: int, end: int) -> int:
        """Past the closing quote where one is still open at `end`; 0 where none is, or where it never closes."""
        position = start
        while position < end:
            opened = min(
                (at for quote in self._more_quotes if (at := self._markup.find(quote, position, end)) >= 0), default=-1
            )
            if opened < 0:
                return 0
            quote = self._markup[opened]
            closed = self._markup.find(quote, opened + 1) if self._more_quotes[quote] else -1
            if closed < 0:
                self._more_quotes[quote] = False
                return 0
            position = closed + 1
            if position > end:
                return position
        return 0
