"""`toolmesh arena`: two anonymous agents answer, you vote, a leaderboard ranks them."""

import sys
from enum import StrEnum
from itertools import islice
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from toolmesh_cli.commands.ask import ToolsOption, names_of
from toolmesh_cli.connection import connect
from toolmesh_cli.output import JsonOption, local_time, say, stdout, write_json, write_table, write_text
from toolmesh_cli.plain_text import compact_json, one_line, plain
from toolmesh_sdk import Battle, BattleSide, Client, Standing, ToolUse

app = typer.Typer(no_args_is_help=True, help="Let two anonymous agents answer, vote, see who is better.")
agents_app = typer.Typer(no_args_is_help=True, help="Who competes.")
app.add_typer(agents_app, name="agents")
BattleArgument = Annotated[str, typer.Argument(help="The battle's id.")]
_SHOWN_OUTPUT = 200


class Outcome(StrEnum):
    """What can be voted."""

    A = "a"
    B = "b"
    TIE = "tie"
    BOTH_BAD = "both_bad"


@app.command()
def battle(
    text: Annotated[str, typer.Argument(metavar="REQUEST", help="The request in plain language.")],
    tools: ToolsOption = "",
    as_json: JsonOption = False,
) -> None:
    """Ask two agents whose names are hidden; shows both answers side by side and asks for your vote."""
    if not text.strip():
        raise typer.BadParameter("it is empty: say what both agents shall do", param_hint="REQUEST")
    with connect() as client:
        begun = client.arena.start(text, tools=names_of(tools))
        if not as_json:
            say(f"two agents work on battle {begun.id}")
        found = client.arena.wait(begun.id)
        if as_json:
            write_json(found.to_json())
            return
        _show(found)
        if found.state == "ready" and can_ask():
            _ask_vote(client, found)
        else:
            _say_what_next(found)


@app.command("list")
def list_battles(
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most this many.")] = 20, as_json: JsonOption = False
) -> None:
    """List your battles, newest first."""
    with connect() as client:
        found = list(islice(client.arena.each(page_size=min(limit, 1000)), limit))
    if as_json:
        write_json([item.to_json() for item in found])
        return
    rows = [
        (
            item.id,
            local_time(item.create_time),
            item.state,
            item.vote.replace("_", " ") or "-",
            one_line(item.input, 80),
        )
        for item in found
    ]
    hint = 'no battles yet: `toolmesh arena battle "..."` begins one'
    write_table(("id", "begun", "state", "vote", "request"), rows, hint)


@app.command()
def show(battle: BattleArgument, as_json: JsonOption = False) -> None:
    """Show a battle as it is now."""
    with connect() as client:
        found = client.arena.get(battle)
    if as_json:
        write_json(found.to_json())
        return
    _show(found)
    _say_what_next(found)


@app.command()
def vote(
    battle: BattleArgument,
    outcome: Annotated[Outcome, typer.Argument(help="Which is better.")],
    as_json: JsonOption = False,
) -> None:
    """Vote on a battle that has ended, and learn who the two were."""
    with connect() as client:
        voted = client.arena.vote(battle, outcome.value)
    if as_json:
        write_json(voted.to_json())
    else:
        _reveal(voted)


@app.command()
def leaderboard(as_json: JsonOption = False) -> None:
    """Show all agents, best first: Bradley-Terry with 95% interval, Elo, battles, wins, ties."""
    with connect() as client:
        found = client.arena.leaderboard()
    if as_json:
        write_json(found.to_json())
        return
    columns = ("place", "name", "rating", "95% interval", "Elo", "battles", "wins", "ties")
    write_table(columns, map(_row_of, found.standings), 'nobody yet: `toolmesh arena battle "..."` begins a battle')
    say(f"from {found.votes} votes" if found.votes != 1 else "from 1 vote")


@agents_app.command("list")
def list_agents(as_json: JsonOption = False) -> None:
    """List the agents that compete, by name."""
    with connect() as client:
        found = list(client.arena.each_agent(page_size=1000))
    if as_json:
        write_json([agent.to_json() for agent in found])
        return
    rows = [(agent.name, agent.model, agent.adapter or "-", agent.owner or "the platform") for agent in found]
    hint = "no agents: add one with `toolmesh arena agents add`"
    write_table(("name", "model", "adapter", "owner"), rows, hint)


@agents_app.command("add")
def add_agent(
    name: Annotated[str, typer.Argument(help="A name, for good.")],
    model: Annotated[str, typer.Option("--model", help="Its model; the platform's default if left out.")] = "",
    adapter: Annotated[str, typer.Option("--adapter", help="A LoRA adapter of that model.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Add an agent of yours, for others to judge."""
    with connect() as client:
        added = client.arena.add_agent(name, model=model, adapter=adapter)
    if as_json:
        write_json(added.to_json())
        return
    write_text(f"added {added.name}: {added.model}{f' with {added.adapter}' if added.adapter else ''}")
    say("it is yours, so others have to judge it; TOOLMESH_ARENA_AGENTS names agents that everybody may judge")


@agents_app.command("remove")
def remove_agent(name: Annotated[str, typer.Argument(help="The agent's name.")], as_json: JsonOption = False) -> None:
    """Take an agent of yours out of the arena; its votes stay."""
    with connect() as client:
        client.arena.remove_agent(name)
    if as_json:
        write_json({"name": name})
    else:
        write_text(f"removed {name}")


def can_ask() -> bool:
    """Whether a person is there to answer."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def _show(found: Battle) -> None:
    table = Table(expand=True)
    for name, side in (("A", found.side_a), ("B", found.side_b)):
        who = f"{name}: {side.agent.name}" if side.agent else name
        table.add_column(Text(plain(who)), overflow="fold", ratio=1)
    table.add_row(_calls_text(found.side_a), _calls_text(found.side_b))
    table.add_section()
    table.add_row(_answer_text(found.side_a), _answer_text(found.side_b))
    stdout().print(Text(plain(found.input), style="bold"), soft_wrap=True)
    stdout().print(table)


def _calls_text(side: BattleSide) -> Text:
    lines = [line for use in side.tool_calls for line in _lines_of(use)]
    return Text(plain("\n".join(lines) or "no tool calls"), style="dim")


def _lines_of(use: ToolUse) -> tuple[str, str]:
    result = use.failure or ("no result" if use.output is None else compact_json(use.output))
    return f"{use.tool}({compact_json(use.arguments)})", f"  -> {one_line(result, _SHOWN_OUTPUT)}"


def _answer_text(side: BattleSide) -> Text:
    if side.error:
        return Text(plain(side.error), style="red")
    return Text(plain(side.answer) if side.ended else "still at work")


def _say_what_next(found: Battle) -> None:
    if found.state == "failed":
        say("the platform failed one of the two, so there is nothing to vote on")
        raise typer.Exit(1)
    if found.state == "running":
        say(f"it goes on: `toolmesh arena show {found.id}` shows it again")
    elif not found.vote:
        say(f"who is better? `toolmesh arena vote {found.id} a` (or b, tie, both_bad)")


def _ask_vote(client: Client, found: Battle) -> None:
    choices = [*(outcome.value for outcome in Outcome), "skip"]
    said = ""
    while said not in choices:
        said = typer.prompt(f"Which is better? ({', '.join(choices)})", err=True).strip().lower()
    if said == "skip":
        _say_what_next(found)
    else:
        _reveal(client.arena.vote(found.id, said))


def _reveal(voted: Battle) -> None:
    for name, side in (("A", voted.side_a), ("B", voted.side_b)):
        write_text(f"{name} was {side.agent.name if side.agent else 'not told'}")


def _row_of(standing: Standing) -> tuple[object, ...]:
    strength = standing.bradley_terry
    name = f"{standing.agent.name} (retired)" if standing.retired else standing.agent.name
    rating = f"{strength.rating:.0f}" if strength else "-"
    interval = f"{strength.low:.0f} to {strength.high:.0f}" if strength else "-"
    counts = (standing.battles, standing.wins, standing.ties)
    return (standing.place, name, rating, interval, f"{standing.elo:.0f}", *counts)
