"""`toolmesh eval`: measures a model on a set, through the controller of production."""

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from toolmesh_cli.connection import said_url
from toolmesh_cli.output import JsonOption, say, stderr, write_json, write_table
from toolmesh_core.errors import FailedPrecondition

if TYPE_CHECKING:
    from toolmesh_evaluation.case import Scored
    from toolmesh_evaluation.run_evaluation import EvaluationOptions

SETS_HELP = (
    "api_bank_level1, api_bank_level2, seal_tools_in_domain, seal_tools_out_domain, bfcl_simple_python, bfcl_multiple, "
    "bfcl_irrelevance, metatool, dialogues (a file of ours), main_job (asks the running platform)."
)


def evaluate(
    set_name: Annotated[str, typer.Argument(metavar="SET", help=SETS_HELP)],
    data: Annotated[Path | None, typer.Option("--data", exists=True, help="Folder or file of the set.")] = None,
    model: Annotated[str, typer.Option("--model", help="A served id, or a GGUF file; else the default model.")] = "",
    adapter: Annotated[str, typer.Option("--adapter", help="A LoRA adapter in GGUF, or a served one's name.")] = "",
    openai: Annotated[
        str, typer.Option("--openai", help="Base URL of an OpenAI-compatible server; its key is OPENAI_API_KEY.")
    ] = "",
    controller: Annotated[str, typer.Option("--controller", help="A running controller's gRPC target.")] = "",
    tools: Annotated[
        Literal["given", "retrieved"] | None, typer.Option("--tools", help="Where candidates come from.")
    ] = None,
    told: Annotated[
        bool, typer.Option("--told", help="Tell the controller whether a call or a text is due, as API-Bank does.")
    ] = False,
    limit: Annotated[int, typer.Option("--limit", min=0, help="A random sample of so many cases; 0 takes all.")] = 0,
    seed: Annotated[int, typer.Option("--seed", help="Of the sample.")] = 7,
    parallel: Annotated[int, typer.Option("--parallel", min=0, help="Cases at once; 0: 4, main_job 1.")] = 0,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder of the report; else one under .toolmesh/evaluations.")
    ] = None,
    work: Annotated[
        Path | None, typer.Option("--work", help="Folder of the services' state, kept for the next run.")
    ] = None,
    show_failures: Annotated[
        bool, typer.Option("--show-failures", help="Also show what went wrong; do not tune on it.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Measure a model: report.md, report.html, results.jsonl and summary.json in a folder."""
    try:
        from toolmesh_evaluation.run_evaluation import EvaluationOptions
        from toolmesh_evaluation.services import ModelChoice
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith(("toolmesh_evaluation", "matplotlib", "numpy", "markdown_it")):
            raise
        raise FailedPrecondition(f"{error.name} is not installed: pip install toolmesh-evaluation") from error
    options = EvaluationOptions(
        set_name=set_name,
        out=out or _reports() / f"{set_name}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}",
        data=data,
        choice=ModelChoice(model, adapter, openai),
        tools=tools,
        told=told,
        limit=limit,
        seed=seed,
        parallel=parallel,
        controller=controller,
        platform_url=said_url.get() or "",
        work=work,
        show_failures=show_failures,
    )
    summary = asyncio.run(_run(options))
    if as_json:
        write_json(summary)
    else:
        _tell(summary)
        say(f"report: {options.out / 'report.md'}")


async def _run(options: "EvaluationOptions") -> dict[str, Any]:
    from toolmesh_evaluation.run_evaluation import run_evaluation

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TextColumn("left"), TimeRemainingColumn(), console=stderr()) as progress:
        task = progress.add_task("starting services, indexing tools", total=None)

        def ready(count: int) -> None:
            progress.reset(task, total=count, description=options.set_name)

        def done(_: "Scored") -> None:
            progress.advance(task)

        return await run_evaluation(options, on_ready=ready, on_done=done)


def _reports() -> Path:
    return Path(os.environ.get("TOOLMESH_DATA_DIR", ".toolmesh")) / "evaluations"


def _tell(summary: dict[str, Any]) -> None:
    figures = summary["figures"]
    rows = [
        (
            name + (" *" if name in summary["headline"] else ""),
            _percent(found["mean"]),
            _interval(found),
            found["count"],
        )
        for name, found in figures["whole"]["metrics"].items()
    ]
    write_table(("metric, %", "mean", "95% interval", "cases"), rows, "nothing was measured")
    write_table(("fault", "cases"), list(figures["whole"]["faults"].items()), "no case went wrong")


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _interval(found: dict[str, Any]) -> str:
    return f"{_percent(found['low'])} to {_percent(found['high'])}"
