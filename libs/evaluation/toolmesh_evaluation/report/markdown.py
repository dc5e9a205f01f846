"""The report as Markdown. Texts of models and of sets stand in code blocks: they are data."""

from collections.abc import Mapping, Sequence

import orjson

from toolmesh_dialogues.dialogue import DialogueCall
from toolmesh_evaluation.case import Scored
from toolmesh_evaluation.metrics.intervals import Estimate
from toolmesh_evaluation.report.figures import Figures, Group
from toolmesh_evaluation.report.run_facts import RunFacts

MOST_FAILURES = 50


def markdown_report(
    facts: RunFacts, figures: Figures, headline: Sequence[str], failures: Sequence[Scored], plots: Sequence[str]
) -> str:
    """The whole report; `failures` are shown as they are, so pass none where nobody asked to see them."""
    parts = [
        f"# {facts.set_name}: {facts.model or 'default model'}"
        + (f" with adapter {facts.adapter}" if facts.adapter else ""),
        _facts(facts, figures),
        "## Figures",
        _metrics(figures, headline),
        *(f"![{plot.removesuffix('.svg')}]({plot})" for plot in plots),
        "## By kind",
        _groups("kind", figures.by_kind),
        "## By language",
        _groups("language", figures.by_language),
        "## Where it fails",
        _faults(figures),
    ]
    if failures:
        parts += ["## Failures", *(_failure(item) for item in failures[:MOST_FAILURES])]
        if len(failures) > MOST_FAILURES:
            parts.append(f"{len(failures) - MOST_FAILURES} more are marked in results.jsonl.")
    return "\n\n".join(part for part in parts if part) + "\n"


def _facts(facts: RunFacts, figures: Figures) -> str:
    lines = [
        ("command", f"`{facts.command}`"),
        ("cases", f"{figures.whole.cases} of {facts.cases_in_set} (seed {facts.seed})"),
        ("tools", facts.tools),
        ("turn told", "yes: whether a call or a text is due" if facts.told else "no"),
        ("seconds a case", f"p50 {figures.seconds_p50:.2f}, p95 {figures.seconds_p95:.2f}, {facts.parallel} at once"),
        (
            "tokens a case",
            f"{figures.prompt_tokens_mean:.0f} read, {figures.completion_tokens_mean:.0f} written",
        ),
        ("took", f"{facts.duration_s:.0f} s"),
        ("versions", ", ".join(f"{name} {number}" for name, number in facts.versions.items())),
    ]
    return _table(("what", ""), lines)


def _metrics(figures: Figures, headline: Sequence[str]) -> str:
    names = [*(name for name in headline if name in figures.whole.metrics)]
    names += [name for name in figures.whole.metrics if name not in names]
    rows = [
        (f"**{name}**" if name in headline else name, *_cells(figures.whole.metrics[name]), str(found.count))
        for name in names
        for found in (figures.whole.metrics[name],)
    ]
    if figures.pooled_argument_f1 is not None:
        rows.append(("argument_f1, pooled", f"{100 * figures.pooled_argument_f1:.1f}", "", ""))
    return _table(("metric", "mean, %", "95% interval", "cases"), rows)


def _groups(label: str, groups: Mapping[str, Group]) -> str:
    names = sorted({name for group in groups.values() for name in group.metrics})
    rows = [
        (kind, str(group.cases), *(_short(group.metrics.get(name)) for name in names)) for kind, group in groups.items()
    ]
    return _table((label, "cases", *names), rows)


def _faults(figures: Figures) -> str:
    whole = figures.whole
    if not whole.faults:
        return "Nowhere."
    rows = [
        (
            fault,
            str(count),
            f"{100 * count / whole.cases:.1f}",
            ", ".join(
                f"{kind} {group.faults[fault]}" for kind, group in figures.by_kind.items() if fault in group.faults
            ),
        )
        for fault, count in whole.faults.items()
    ]
    return _table(("fault", "cases", "% of all", "by kind"), rows)


def _failure(item: Scored) -> str:
    case, observed = item.case, item.observed
    wanted = calls_text(case.gold_calls) or case.gold_text or "no call"
    got = calls_text(observed.calls) or observed.text or observed.error
    lines = [f"request  {case.request}", f"wanted   {wanted}", f"got      {got}"]
    fence = "````"
    return f"### {case.id}: {item.fault}\n\n{fence}\n" + "\n".join(lines).replace(fence, "'''") + f"\n{fence}"


def calls_text(calls: Sequence[DialogueCall]) -> str:
    """Calls on one line."""
    return "; ".join(f"{call.tool}({orjson.dumps(call.arguments).decode()})" for call in calls)


def _cells(found: Estimate) -> tuple[str, str]:
    return f"{100 * found.mean:.1f}", f"{100 * found.low:.1f} to {100 * found.high:.1f}"


def _short(found: Estimate | None) -> str:
    return "-" if found is None else f"{100 * found.mean:.1f}"


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = [_row(columns), "|" + " --- |" * len(columns)]
    return "\n".join([*head, *(_row(row) for row in rows)])


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
