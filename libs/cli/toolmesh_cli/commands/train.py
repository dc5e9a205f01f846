"""`toolmesh train`: trains a model on dialogues; `toolmesh train export` writes the adapter for inference."""

from dataclasses import replace
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from toolmesh_cli.output import JsonOption, say, stderr, write_fields, write_json
from toolmesh_core.errors import FailedPrecondition

if TYPE_CHECKING:
    from toolmesh_training.train_run import Outcome
    from toolmesh_training.train_run import Progress as TrainProgress
    from toolmesh_training.train_settings import TrainSettings

app = typer.Typer(invoke_without_command=True, help="Train a model to use tools, and export what it learned.")


class LayoutName(Enum):
    CONTROLLER = "controller"
    DIALOGUE = "dialogue"


class ExportName(Enum):
    PEFT = "peft"
    GGUF = "gguf"
    BOTH = "both"


MOST_ROWS_A_PASS = 8


@app.callback()
def train(
    context: typer.Context,
    data: Annotated[Path | None, typer.Option("--data", help="Folder with train.jsonl and held_out.jsonl.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="The run folder.")] = None,
    base: Annotated[Path | None, typer.Option("--base", help="GGUF file or transformers folder.")] = None,
    layout: Annotated[
        LayoutName, typer.Option("--layout", help="The controller's own prompts, or whole dialogues.")
    ] = LayoutName.CONTROLLER,
    weights: Annotated[str, typer.Option("--weights", help="Loss weights of texts and calls.")] = "text=1,call=2",
    lora_rank: Annotated[int, typer.Option("--lora-rank", min=1)] = 16,
    full: Annotated[bool, typer.Option("--full", help="Train all weights instead of an adapter.")] = False,
    learning_rate: Annotated[float | None, typer.Option("--learning-rate", min=0.0)] = None,
    seed: Annotated[int, typer.Option("--seed")] = 7,
    epochs: Annotated[float | None, typer.Option("--epochs", help="Passes over the data; 1 without a bound.")] = None,
    max_steps: Annotated[int | None, typer.Option("--max-steps", min=1)] = None,
    max_tokens: Annotated[int | None, typer.Option("--max-tokens", min=1)] = None,
    max_minutes: Annotated[float | None, typer.Option("--max-minutes", min=0.01)] = None,
    rows_a_step: Annotated[int, typer.Option("--rows-a-step", min=1, help="Packed rows in one step.")] = 8,
    row_tokens: Annotated[int, typer.Option("--row-tokens", min=64, help="Tokens of a packed row.")] = 512,
    check_every: Annotated[int, typer.Option("--check-every", min=1, help="Steps between held-out checks.")] = 50,
    patience: Annotated[int, typer.Option("--patience", min=0, help="Checks without gain that end it; 0 never.")] = 5,
    compiled: Annotated[bool, typer.Option("--compile", help="Compile layers first, by g++: faster steps.")] = False,
    threads: Annotated[int, typer.Option("--threads", min=0, help="0 is one a core.")] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint of --out.")] = False,
    ray: Annotated[bool, typer.Option("--ray", help="Train on the workers of a Ray cluster.")] = False,
    ray_workers: Annotated[int, typer.Option("--ray-workers", min=1)] = 2,
    as_json: JsonOption = False,
) -> None:
    """Train on dialogues; the result lies in OUT/trained."""
    if context.invoked_subcommand:
        return
    if data is None or out is None:
        raise typer.BadParameter("give --data and --out, or a command such as export")
    _need_training()
    from toolmesh_training.layout import LayoutSettings
    from toolmesh_training.train_settings import Budget, TrainSettings
    from toolmesh_training.training_text import LossWeights

    bounds = Budget(epochs, max_steps, max_tokens, max_minutes)
    settings = TrainSettings(
        data=data.resolve(),
        out=out.resolve(),
        base=base.resolve() if base else None,
        layout=LayoutSettings(layout.value, LossWeights.read(weights), sequence_tokens=row_tokens),
        lora_rank=0 if full else lora_rank,
        lora_alpha=2 * lora_rank,
        learning_rate=learning_rate,
        rows_a_step=rows_a_step,
        rows_a_pass=_rows_a_pass(rows_a_step),
        compiled=compiled,
        check_every=check_every,
        patience=patience,
        threads=threads,
        seed=seed,
        budget=bounds if bounds != Budget() else replace(bounds, epochs=1.0),
    )
    outcome = _by_ray(settings, ray_workers, resume=resume) if ray else _here(settings, resume=resume)
    _tell(outcome, out, adapter=not full, as_json=as_json)


def _rows_a_pass(rows_a_step: int) -> int:
    """Passes of one size, so that their shapes are the same."""
    return rows_a_step if rows_a_step <= MOST_ROWS_A_PASS else 4


@app.command()
def export(
    run: Annotated[Path, typer.Argument(help="The folder of a finished run.")],
    out: Annotated[Path, typer.Option("--out", help="Where the adapter is written.")],
    form: Annotated[
        ExportName, typer.Option("--format", help="For transformers, for llama.cpp, or both.")
    ] = ExportName.BOTH,
    as_json: JsonOption = False,
) -> None:
    """Write the adapter of a run as a PEFT folder and as a GGUF LoRA."""
    _need_training()
    from toolmesh_training.export import export_run

    written = [str(path) for path in export_run(run, out, form.value)]
    if as_json:
        write_json({"written": written})
        return
    for path in written:
        write_fields([("written", path)])


def _tell(outcome: "Outcome", out: Path, *, adapter: bool, as_json: bool) -> None:
    if as_json:
        write_json({**outcome.to_json(), "run": str(out)})
        return
    write_fields([*((name.replace("_", " "), value) for name, value in outcome.to_json().items()), ("run", out)])
    if adapter:
        say(f"next: toolmesh train export {out} --out FOLDER")


def _need_training() -> None:
    """Raises FailedPrecondition that says what to install where training cannot be imported."""
    try:
        import toolmesh_training  # noqa: F401
    except ModuleNotFoundError as error:
        own = error.name == "toolmesh_training"
        raise FailedPrecondition(
            "training needs `pip install 'toolmesh-training[train]'`" if own else error.msg
        ) from error


def _here(settings: "TrainSettings", *, resume: bool) -> "Outcome":
    from toolmesh_training.train_run import train as train_here

    columns = (BarColumn(), TextColumn("{task.percentage:.0f}%"), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=stderr(), transient=True) as bar:
        task = bar.add_task("", total=1.0)

        def show(progress: "TrainProgress") -> None:
            bar.update(task, completed=progress.spent, description=_told(progress))

        return train_here(settings, resume=resume, on_progress=show, on_message=say)


def _by_ray(settings: "TrainSettings", workers: int, *, resume: bool) -> "Outcome":
    from toolmesh_training.ray_train import train_by_ray

    return train_by_ray(settings, workers, resume=resume)


def _told(progress: "TrainProgress") -> str:
    held_out = f", held out {progress.held_out_loss:.3f}" if progress.held_out_loss is not None else ""
    left = f", {progress.seconds_left / 60:.0f} min left" if progress.seconds_left is not None else ""
    return f"step {progress.step}, loss {progress.loss:.3f}{held_out}, {progress.tokens_per_s:.0f} tokens/s{left}"
