"""`toolmesh ask`: one question, each step shown as it happens."""

import sys
from typing import Annotated

import typer

from toolmesh_cli.connection import connect
from toolmesh_cli.output import JsonOption, say, stderr, stdout, write_json_line
from toolmesh_cli.run_view import Approver, RunView, call_text, follow_run
from toolmesh_sdk import Client, Run, ToolCall

SessionOption = Annotated[str, typer.Option("--session", help="Session to use and continue; made if missing.")]
ModelOption = Annotated[str, typer.Option("--model", help="Controlling model; the platform's default if left out.")]
ToolsOption = Annotated[str, typer.Option("--tools", help="Only these tools, separated by commas.")]


def ask(
    text: Annotated[str, typer.Argument(help="The question or request; '-' reads it from stdin.")],
    session: SessionOption = "",
    model: ModelOption = "",
    tools: ToolsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Ask in plain language; shows tools found, the decision, calls with results, and the answer as it is written."""
    question = sys.stdin.read().strip() if text == "-" else text
    if not question:
        raise typer.BadParameter("it is empty: say what you want to know", param_hint="TEXT")
    with connect() as client:
        run = client.runs.create(question, session=session, model=model, tools=names_of(tools))
        finish(follow(client, run, as_json))


def follow(client: Client, run: Run, as_json: bool) -> Run:
    """Shows a run to its end, as JSON lines of events or for people."""
    if as_json:
        return follow_run(client, run, lambda event: write_json_line(event.to_json()), None)
    return follow_run(client, run, RunView(stdout()).show, _approver())


def finish(run: Run) -> None:
    """Leaves with 1 where the run did not succeed, after saying what to do next."""
    if run.succeeded:
        return
    if run.waiting_for_approval:
        for call in run.pending_approvals:
            say(f"{call_text(call)} needs a person: `toolmesh runs approve {run.id} {call.id}` (or --refuse)")
        say(f"then `toolmesh runs show --follow {run.id}`")
    elif run.error is not None:
        say(f"the run failed ({run.error.reason or run.error.code}): {run.error.message}")
    else:
        say(f"the run ended without an answer: {run.end_reason.replace('_', ' ')}")
    raise typer.Exit(1)


def names_of(tools: str) -> list[str]:
    """The names in a text that separates them by commas."""
    return [name.strip() for name in tools.split(",") if name.strip()]


def _approver() -> Approver | None:
    # Nobody is asked where nobody can answer.
    return _ask_person if sys.stdin.isatty() and sys.stdout.isatty() else None


def _ask_person(call: ToolCall) -> bool:
    stderr().print()
    say(f"the model wants to call {call_text(call)}")
    return typer.confirm("Allow it?", err=True)
