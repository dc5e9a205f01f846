"""Turns the bytes of a response into text an LLM can read."""

import codecs
import json
import re
from typing import Any

from toolmesh_core.errors import ToolError

_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_BROWSER_CODEC = re.compile(r"utf-(8|16)|gb|big5|euc_|shift_jis|iso2022_jp$|iso8859|cp125|cp874|koi8|mac-|ascii|latin")
# What pages mean by these names, as browsers read them (WHATWG Encoding, section 4.2).
_MEANT = {"gb2312": "gb18030", "gbk": "gb18030", "ascii": "cp1252", "iso8859-1": "cp1252"}
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_SAMPLE_BYTES = 8192
_META_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)


def is_html(media_type: str) -> bool:
    """Whether the page is markup to be read as text."""
    return media_type in ("text/html", "application/xhtml+xml")


def is_json(media_type: str) -> bool:
    """Whether the body is JSON."""
    return media_type == "application/json" or media_type.endswith("+json")


def check_media_type(content_type: str) -> str:
    """The media type, where it is one that is text.

    Raises:
        ToolError: NOT_TEXT.
    """
    media_type = content_type.split(";")[0].strip().lower()
    if media_type.startswith("text/") or is_html(media_type) or is_json(media_type):
        return media_type
    if media_type == "application/xml" or media_type.endswith("+xml"):
        return media_type
    raise ToolError(
        f"the page is {media_type or 'of no stated type'}: only text, HTML and JSON can be read", reason="NOT_TEXT"
    )


def decode(body: bytes, content_type: str) -> str:
    """The body as text, by its byte order mark, else the charset of the header, else of the page itself.

    Where none is named it is UTF-8, or what its bytes look like. Wrong bytes become "�".
    """
    for mark, codec in _MARKS:
        if body.startswith(mark):
            return body.decode(codec, "replace")
    named = _CHARSET.search(content_type)
    in_page = _META_CHARSET.search(body[:2048])
    charset = named[1] if named else in_page[1].decode("ascii", "replace") if in_page else ""
    return body.decode(_codec(charset) if charset else _guessed(body), "replace")


def _guessed(body: bytes) -> str:
    sample = body[:_SAMPLE_BYTES]
    try:
        # A sample may end within a character.
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        from charset_normalizer import from_bytes

        best = from_bytes(sample).best()
        return _codec(best.encoding) if best else "utf-8"
    return "utf-8"


def _codec(charset: str) -> str:
    """Python's name of the charset, where browsers know it too; codecs such as punycode are not for pages."""
    try:
        name = codecs.lookup(charset).name
    except (LookupError, ValueError):
        return "utf-8"
    return _MEANT.get(name, name) if _BROWSER_CODEC.match(name) else "utf-8"


def parse_json(text: str) -> Any:
    """The JSON value.

    Raises:
        ValueError, RecursionError: it is none, or nested without end.
    """
    return json.loads(text)
