"""The whole command line, put together."""

from importlib.metadata import version
from typing import Annotated

import typer

from toolmesh_cli.commands import arena, ask, chat, data, docs, models, platform, runs, sessions, tools, train
from toolmesh_cli.commands.eval import evaluate
from toolmesh_cli.connection import said_url

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    epilog="Exit codes: 0 it went well, 1 the platform said no or is not there, 2 the command was not used right.",
)


@app.callback()
def toolmesh(
    url: Annotated[str | None, typer.Option("--url", help="The platform's address; else TOOLMESH_URL.")] = None,
    _version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=lambda wanted: _tell_version(wanted), help="And exit.")
    ] = False,
) -> None:
    """ToolMesh: ask in plain language; it finds the tools, calls them and answers.

    The API key is TOOLMESH_API_KEY, else the file api_key in TOOLMESH_DATA_DIR (./.toolmesh).
    """
    said_url.set(url)


def _tell_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"toolmesh {version('toolmesh-cli')}")
        raise typer.Exit


app.add_typer(platform.app)
app.command()(ask.ask)
app.command()(chat.chat)
app.add_typer(tools.app, name="tools")
app.add_typer(runs.app, name="runs")
app.add_typer(docs.app, name="docs")
app.add_typer(sessions.app, name="sessions")
app.add_typer(models.app, name="models")
app.add_typer(arena.app, name="arena")
app.command("eval")(evaluate)
app.add_typer(train.app, name="train")
app.add_typer(data.app, name="data")
