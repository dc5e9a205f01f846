"""`toolmesh chat`: several turns in one session."""

import sys
from collections.abc import Iterator

import typer

from toolmesh_cli.commands.ask import ModelOption, SessionOption, ToolsOption, follow, names_of
from toolmesh_cli.connection import connect
from toolmesh_cli.output import JsonOption, say

_ENDINGS = {"/exit", "/quit"}


def chat(
    session: SessionOption = "", model: ModelOption = "", tools: ToolsOption = "", as_json: JsonOption = False
) -> None:
    """Talk in several turns, each using what came before. An empty line is left out; /exit or Ctrl-D ends."""
    with connect() as client:
        current = client.sessions.create(session)
        say(f"session {current.id}, {current.message_count} messages so far; /exit or Ctrl-D ends")
        for text in _turns():
            run = client.runs.create(text, session=current.id, model=model, tools=names_of(tools))
            ended = follow(client, run, as_json)
            if ended.error is not None:
                say(f"that failed ({ended.error.reason or ended.error.code}): {ended.error.message}")
            elif ended.waiting_for_approval:
                say(f"that waits for approval: `toolmesh runs show {ended.id}` shows the calls")
        say(f"go on later with `toolmesh chat --session {current.id}`")


def _turns() -> Iterator[str]:
    """What the person says; without a terminal, each line of stdin is a turn."""
    while True:
        line = _read_line()
        if line is None or line.strip() in _ENDINGS:
            return
        if line.strip():
            yield line.strip()


def _read_line() -> str | None:
    if sys.stdin.isatty():
        typer.echo("> ", nl=False, err=True)
    return sys.stdin.readline() or None
