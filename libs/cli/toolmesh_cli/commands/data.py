"""`toolmesh data`: builds dialogues for training."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from toolmesh_cli.output import JsonOption, stderr, write_json, write_table, write_text

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from toolmesh_dialogues.build import BuildReport
    from toolmesh_dialogues.generators.generator import Generator

app = typer.Typer(no_args_is_help=True, help="Data for training.")


@app.callback()
def group() -> None:
    """Keeps `build` a command of its own, also while it is the only one."""


@app.command()
def build(
    out: Annotated[
        Path, typer.Option("--out", file_okay=False, help="Folder of train.jsonl, held_out.jsonl, card.md.")
    ],
    count: Annotated[int, typer.Option("--count", min=0, help="How many dialogues to generate.")] = 2000,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same files.")] = 7,
    gallery: Annotated[
        list[Path] | None,
        typer.Option("--gallery", exists=True, dir_okay=False, help="Tools: JSON list, OpenAPI document, tool.jsonl."),
    ] = None,
    seal_tools: Annotated[
        Path | None, typer.Option("--seal-tools", exists=True, file_okay=False, help="Folder of Seal-Tools.")
    ] = None,
    metatool: Annotated[
        Path | None, typer.Option("--metatool", exists=True, file_okay=False, help="Folder of MetaTool.")
    ] = None,
    written: Annotated[
        str, typer.Option("--written", help="Requests written by hand: a folder, the shipped ones, or none.")
    ] = "shipped",
    held_out: Annotated[
        list[Path] | None,
        typer.Option("--held-out", exists=True, help="Evaluation sets: files or folders that must not be met."),
    ] = None,
    llm: Annotated[str, typer.Option("--llm", help="An OpenAI-compatible endpoint that writes the dialogues.")] = "",
    llm_model: Annotated[str, typer.Option("--llm-model", help="The model's name there.")] = "default",
    as_json: JsonOption = False,
) -> None:
    """Build training dialogues, in several turns and steps, English and Chinese."""
    from toolmesh_dialogues.build import BuildPlan
    from toolmesh_dialogues.build import build as build_data

    plan = BuildPlan(
        out=out,
        seed=seed,
        count=count,
        galleries=tuple(gallery or ()),
        seal_tools=seal_tools,
        metatool=metatool,
        written=_written(written),
        held_out=tuple(held_out or ()),
    )
    columns = (TextColumn("building"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=stderr(), transient=True) as progress:
        task = progress.add_task("building", total=count)
        report = build_data(plan, _generator(llm, llm_model), lambda: progress.advance(task))
    _write(report, out, as_json=as_json)


def _written(said: str) -> "Traversable | None":
    from toolmesh_core.errors import InvalidInput
    from toolmesh_dialogues.sources.written_source import shipped

    if said in ("shipped", "none"):
        return shipped() if said == "shipped" else None
    if not Path(said).is_dir():
        raise InvalidInput(f"--written: {said} is no folder; give one, or shipped, or none")
    return Path(said)


def _generator(llm: str, model: str) -> "Generator":
    if llm:
        from toolmesh_dialogues.generators.llm.llm_generator import LlmGenerator

        return LlmGenerator(llm, model)
    from toolmesh_dialogues.generators.offline.offline_generator import OfflineGenerator

    return OfflineGenerator()


def _write(report: "BuildReport", out: Path, *, as_json: bool) -> None:
    if as_json:
        parts = {name: counts.record() for name, counts in report.parts.items()}
        write_json({"seed": report.recipe.seed, "parts": parts, "refused": dict(report.recipe.refused)})
        return
    rows: list[tuple[object, ...]] = []
    for name, counts in report.parts.items():
        for title in ("kinds", "languages", "sources"):
            rows += [(name, title, key, number) for key, number in sorted(getattr(counts, title).items())]
    rows += [("-", "refused", name, number) for name, number in report.recipe.refused.items()]
    write_table(
        ("file", "by", "value", "dialogues"), rows, "nothing was built: give --count, --seal-tools or --metatool"
    )
    write_text(f"wrote {out / 'train.jsonl'}, held_out.jsonl and card.md")
