"""Takes out of a page what a reader would not see: text that is there to be found by machines only."""

import re
from typing import Any

_HINTS = re.compile(r"hidden|display\s*:\s*none|opacity\s*:|font-size\s*:\s*0", re.IGNORECASE)
_UNSEEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(hidden|collapse)|opacity\s*:\s*0*\.?0+\s*(;|!|$)"
    r"|font-size\s*:\s*0*\.?0+\s*(px|pt|em|rem|%)?\s*(;|!|$)",
    re.IGNORECASE,
)


def without_hidden(markup: str) -> str:
    """The markup without elements that hide themselves; unchanged where there are none, or it cannot be read.

    Style sheets are not followed: what a class hides stays.
    """
    if not _HINTS.search(markup):
        return markup
    # Here, since most pages hide nothing and the service starts sooner without it.
    from lxml import etree, html

    try:
        page = html.document_fromstring(markup)
    except (etree.LxmlError, ValueError):
        return markup
    hidden = [element for element in page.iter(etree.Element) if _is_hidden(element)]
    if not hidden:
        return markup
    for element in hidden:
        if element.getparent() is not None:
            element.drop_tree()
    return str(html.tostring(page, encoding="unicode"))


def _is_hidden(element: Any) -> bool:
    if element.tag == "input":
        return False
    if "hidden" in element.attrib or element.get("aria-hidden", "").strip().lower() == "true":
        return True
    return bool(_UNSEEN.search(element.get("style", "")))
