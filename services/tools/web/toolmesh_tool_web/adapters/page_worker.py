"""The process that finds a page's main text: rules over a tree, which a hostile page can make slow."""

from pathlib import Path
from typing import Any

from toolmesh_core.workers.worker_process import Methods, limit_address_space, limit_written_files, serve_worker


def begin(settings: dict[str, Any], folder: Path) -> Methods:
    """What the process answers, under its limits.

    Args:
        settings: "memory_mb".
    """
    limit_address_space(settings["memory_mb"])
    limit_written_files(1)
    return {"extract": extract}


def extract(markup: str, url: str, links: bool) -> dict[str, Any]:
    """The main text without menus, footers and advertisements; empty where none is found.

    Args:
        url: of the page, to complete its links.
        links: written as [text](address).
    """
    import trafilatura

    text = trafilatura.extract(
        markup,
        url=url,
        include_comments=False,
        include_tables=True,
        include_links=links,
        output_format="markdown",
        favor_recall=True,
        deduplicate=False,
    )
    return {"text": text or ""}


if __name__ == "__main__":
    serve_worker(begin)
