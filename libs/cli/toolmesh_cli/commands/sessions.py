"""`toolmesh sessions`: conversations so far."""

from itertools import islice
from typing import Annotated

import typer
from rich.text import Text

from toolmesh_cli.connection import connect
from toolmesh_cli.output import JsonOption, local_time, say, stdout, write_json, write_table
from toolmesh_cli.plain_text import plain
from toolmesh_cli.run_view import call_text
from toolmesh_sdk import SessionMessage

app = typer.Typer(no_args_is_help=True, help="Conversations so far.")


@app.command("list")
def list_sessions(
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most this many.")] = 50, as_json: JsonOption = False
) -> None:
    """List sessions, last used first."""
    with connect() as client:
        found = list(islice(client.sessions.each(page_size=min(limit, 1000)), limit))
    if as_json:
        write_json([session.to_json() for session in found])
        return
    rows = [(s.id, s.message_count, local_time(s.update_time), s.title) for s in found]
    write_table(("id", "messages", "last used", "title"), rows, "no sessions yet: `toolmesh chat` begins one")


@app.command()
def show(
    session: Annotated[str, typer.Argument(help="The session's id.")],
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most this many messages, the newest.")] = 100,
    as_json: JsonOption = False,
) -> None:
    """Show a session's last messages, oldest first, with tool calls and results."""
    with connect() as client:
        newest = client.sessions.each_message(session, newest_first=True, page_size=min(limit, 1000))
        found = list(islice(newest, limit))[::-1]
    if as_json:
        write_json([entry.to_json() for entry in found])
        return
    if not found:
        say("no messages yet")
    for entry in found:
        _show(entry)


def _show(entry: SessionMessage) -> None:
    message = entry.message
    who = f"tool {message.tool}" if message.role == "tool" and message.tool else message.role
    lines = [message.content, *(f"calls {call_text(call)}" for call in message.tool_calls)]
    text = Text(plain(f"{entry.sequence:>4}  {who}: "), style="bold cyan")
    text.append(plain("\n      ".join(line for line in lines if line)), style="default")
    stdout().print(text, soft_wrap=True)
