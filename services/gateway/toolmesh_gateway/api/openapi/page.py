"""The documentation page: one file of our own, nothing fetched but /openapi.json and what the reader tries."""

import base64
import hashlib
import re
from pathlib import Path

_PAGE = Path(__file__).with_name("docs.html")


def docs_html() -> bytes:
    """The page."""
    return _PAGE.read_bytes()


def _digests(tag: str) -> str:
    """The Content-Security-Policy sources of the page's own inline parts."""
    parts = re.findall(rf"<{tag}>(.*?)</{tag}>", _PAGE.read_text(), re.DOTALL)
    return " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()}'" for part in parts)


# Only the page's own script and style run, and only the gateway itself is asked.
DOCS_POLICY = (
    f"default-src 'none'; script-src {_digests('script')}; style-src {_digests('style')}; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
).encode()
