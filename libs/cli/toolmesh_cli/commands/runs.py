"""`toolmesh runs`: what was asked, how it went, and deciding on calls that wait."""

from itertools import islice
from typing import Annotated

import typer

from toolmesh_cli.commands.ask import finish, follow
from toolmesh_cli.connection import connect
from toolmesh_cli.output import (
    JsonOption,
    local_time,
    say,
    stdout,
    write_json,
    write_json_line,
    write_table,
    write_text,
)
from toolmesh_cli.plain_text import one_line
from toolmesh_cli.run_view import RunView
from toolmesh_sdk import Client, Run

app = typer.Typer(no_args_is_help=True, help="Look at runs, cancel them, approve their calls.")
RunArgument = Annotated[str, typer.Argument(help="The run's id.")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, help="At most this many.")]


@app.command("list")
def list_runs(
    session: Annotated[str, typer.Option("--session", help="Only runs of this session.")] = "",
    limit: LimitOption = 20,
    as_json: JsonOption = False,
) -> None:
    """List runs, newest first."""
    with connect() as client:
        found = list(islice(client.runs.each(session=session, page_size=min(limit, 1000)), limit))
    if as_json:
        write_json([run.to_json() for run in found])
        return
    rows = [
        (
            run.id,
            local_time(run.create_time),
            run.state.replace("_", " "),
            one_line(run.input, 50),
            one_line(run.output, 50),
        )
        for run in found
    ]
    write_table(("id", "begun", "state", "request", "answer"), rows, 'no runs yet: `toolmesh ask "..."` makes one')


@app.command()
def show(
    run: RunArgument,
    follow_on: Annotated[bool, typer.Option("--follow", help="Go on showing until the run ends.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show a run's steps so far; with --json its events, one a line."""
    with connect() as client:
        found = client.runs.get(run)
        if not as_json:
            write_text(f"request   {found.input}")
        if follow_on:
            finish(follow(client, found, as_json))
        else:
            _show_so_far(client, found, as_json)


def _show_so_far(client: Client, run: Run, as_json: bool) -> None:
    view = RunView(stdout())
    if run.last_sequence:
        for event in client.runs.stream(run.id):
            write_json_line(event.to_json()) if as_json else view.show(event)
            if event.sequence >= run.last_sequence:
                break
    if not run.ended:
        say(f"the run is {run.state.replace('_', ' ')}: `toolmesh runs show --follow {run.id}` goes on")


@app.command()
def cancel(run: RunArgument, as_json: JsonOption = False) -> None:
    """Cancel a run; one that has ended stays as it is."""
    with connect() as client:
        _tell(client.runs.cancel(run), as_json)


@app.command()
def approve(
    run: RunArgument,
    call: Annotated[str, typer.Argument(help="The call's id; may be left out where only one waits.")] = "",
    refuse: Annotated[bool, typer.Option("--refuse", help="Refuse the call instead.")] = False,
    comment: Annotated[str, typer.Option("--comment", help="Told to the model when refused.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Approve or refuse a tool call that waits."""
    with connect() as client:
        decided = client.runs.approve(run, call or _only_pending(client, run), refuse=refuse, comment=comment)
        _tell(decided, as_json)


def _only_pending(client: Client, run: str) -> str:
    pending = client.runs.get(run).pending_approvals
    if len(pending) == 1:
        return pending[0].id
    ids = ", ".join(call.id for call in pending)
    hint = f"one of {ids}" if pending else "none waits; see `toolmesh runs show`"
    raise typer.BadParameter(f"name the call: {hint}", param_hint="CALL")


def _tell(run: Run, as_json: bool) -> None:
    if as_json:
        write_json(run.to_json())
    else:
        write_text(f"{run.id} is {run.state.replace('_', ' ')}")
