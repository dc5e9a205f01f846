"""What a body is, by its Content-Type and its first bytes, and its text."""

import codecs
import re

_READABLE = re.compile(
    r"text/[\w.+-]+|application/(?:[\w.-]+\+)?(?:json|xml|yaml)|application/(?:x-yaml|x-ndjson|jsonl?|javascript)"
)
_HTML = frozenset(("text/html", "application/xhtml+xml"))
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{2,40})", re.IGNORECASE)
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
_META_ROOM = 2048
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# Named, since Python also counts punycode and idna as encodings of text, which are slow on purpose-made input.
_ENCODINGS = re.compile(
    r"ascii|utf-8|utf-16|utf-16-le|utf-16-be|iso8859-\d+|cp\d+|koi8-[ru]|gb2312|gbk|gb18030|big5|big5hkscs|"
    r"euc_jp|shift_jis|iso2022_jp|euc_kr|mac-roman|tis-620"
)
# As browsers read them: the declared name is the smaller of the two.
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "ascii": "cp1252", "iso8859-1": "cp1252"}


def media_type(header: str) -> str:
    """The type without its parameters, in lower case."""
    return header.partition(";")[0].strip().lower()


def is_readable(media: str) -> bool:
    """Whether it is text, JSON, XML, YAML or HTML."""
    return _READABLE.fullmatch(media) is not None


def is_html(media: str) -> bool:
    """Whether its text is found between tags."""
    return media in _HTML


def decode(body: bytes, header: str) -> str:
    """The body as text; what its encoding cannot read becomes U+FFFD, as in a browser."""
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return body.decode(encoding, errors="replace")
    return body.decode(_encoding(body, header), errors="replace")


def _encoding(body: bytes, header: str) -> str:
    declared = _CHARSET.search(header)
    if declared:
        return _known(declared[1]) or "utf-8"
    in_page = _META_CHARSET.search(body[:_META_ROOM]) if is_html(media_type(header)) else None
    return (_known(in_page[1].decode("ascii")) if in_page else None) or "utf-8"


def _known(name: str) -> str | None:
    try:
        encoding = codecs.lookup(name).name
    except LookupError:
        return None
    return _WIDER.get(encoding, encoding) if _ENCODINGS.fullmatch(encoding) else None
