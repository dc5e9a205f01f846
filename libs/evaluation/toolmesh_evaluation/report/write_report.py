"""Writes an evaluation to a folder: summary.json, results.jsonl, report.md, report.html with its plots inside."""

import base64
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
from markdown_it import MarkdownIt

from toolmesh_evaluation.case import Scored
from toolmesh_evaluation.report.figures import figures_of
from toolmesh_evaluation.report.markdown import markdown_report
from toolmesh_evaluation.report.plots import write_plots
from toolmesh_evaluation.report.run_facts import RunFacts

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }}
table {{ border-collapse: collapse; margin: 1rem 0; }}
th, td {{ border-bottom: 1px solid #ccc; padding: .2rem .6rem; text-align: left; }}
pre {{ background: #f4f4f4; padding: .6rem; overflow-x: auto; white-space: pre-wrap; }} img {{ max-width: 100%; }}
</style></head><body>
{body}</body></html>
"""
_PICTURE = re.compile(r'src="([a-z]+\.svg)"')


def write_report(
    folder: Path, facts: RunFacts, scored: Sequence[Scored], headline: Sequence[str], *, show_failures: bool
) -> dict[str, Any]:
    """Writes all files; gives what summary.json holds.

    Args:
        show_failures: also show the cases that went wrong. Whoever tunes on them has trained on the set.
    """
    folder.mkdir(parents=True, exist_ok=True)
    figures = figures_of(scored)
    summary = {**facts.to_json(), "headline": list(headline), "figures": figures.to_json()}
    (folder / "summary.json").write_bytes(orjson.dumps(summary, option=orjson.OPT_INDENT_2))
    with (folder / "results.jsonl").open("wb") as lines:
        lines.writelines(orjson.dumps(_record(item, with_texts=show_failures)) + b"\n" for item in scored)
    plots = [path.name for path in write_plots(folder, figures)]
    failures = [item for item in scored if item.fault] if show_failures else []
    text = markdown_report(facts, figures, headline, failures, plots)
    (folder / "report.md").write_text(text, encoding="utf-8")
    (folder / "report.html").write_text(_page(text, facts.set_name, folder), encoding="utf-8")
    return summary


def _page(markdown: str, title: str, folder: Path) -> str:
    """One file that needs no other. HTML inside the Markdown is shown, not obeyed."""
    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown)
    return _PAGE.format(title=title, body=_PICTURE.sub(lambda found: f'src="{_inline(folder / found[1])}"', body))


def _inline(picture: Path) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(picture.read_bytes()).decode()}"


def _record(item: Scored, *, with_texts: bool) -> dict[str, Any]:
    """One case's result; the model's own words only where failures may be seen."""
    observed = item.observed
    record: dict[str, Any] = {
        "id": item.case.id,
        "group": item.case.group,
        "kind": item.case.kind,
        "language": item.case.language,
        "fault": item.fault,
        "scores": dict(item.scores),
        "seconds": round(observed.seconds, 4),
        "prompt_tokens": observed.prompt_tokens,
        "completion_tokens": observed.completion_tokens,
    }
    if with_texts:
        record["calls"] = [{"tool": call.tool, "arguments": call.arguments} for call in observed.calls]
        record["text"] = observed.text
        record["error"] = observed.error
        record["candidates"] = [tool.name for tool in observed.candidates]
    return record
