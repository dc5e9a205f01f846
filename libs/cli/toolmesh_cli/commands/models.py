"""`toolmesh models`: what the platform serves."""

import typer

from toolmesh_cli.connection import connect
from toolmesh_cli.output import JsonOption, write_json, write_table

app = typer.Typer(no_args_is_help=True, help="Models that are served.")


@app.callback()
def group() -> None:
    """Keeps `list` a command of its own, also while it is the only one."""


@app.command("list")
def list_models(as_json: JsonOption = False) -> None:
    """List models; * marks what "default" means for a task."""
    with connect() as client:
        found = [model for model in client.models.list().items if not model.root]
    if as_json:
        write_json([model.to_json() for model in found])
        return
    rows = [
        (
            m.id + (" *" if m.is_default else ""),
            m.task,
            m.engine,
            m.context_tokens,
            m.dimensions or "-",
            ", ".join(m.adapters),
        )
        for m in found
    ]
    write_table(("id", "task", "engine", "context", "dimensions", "adapters"), rows, "no models are served")
