"""`toolmesh tools new|test|run`: a tool of one's own, from its folder to a process that serves it."""

import asyncio
import inspect
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from toolmesh_cli.output import JsonOption, say, write_json, write_json_line, write_table, write_text
from toolmesh_cli.plain_text import one_line
from toolmesh_core.errors import InvalidInput

if TYPE_CHECKING:
    from toolmesh_cli.tool_projects.check_project import OwnTests
    from toolmesh_toolkit import ToolFunction
    from toolmesh_toolkit.contract import Verdict
    from toolmesh_toolkit.source_process import SourceProcess

PathArgument = Annotated[
    Path, typer.Argument(metavar="PATH", exists=True, help="A Python file with @tool functions, or a folder of them.")
]


def new(
    name: Annotated[str, typer.Argument(help="The tool's name, such as split_bill.")],
    into: Annotated[Path, typer.Option("--into", file_okay=False, help="Where its folder is made.")] = Path(),
    as_json: JsonOption = False,
) -> None:
    """Make a folder with a tool that works, its test, requirements, Dockerfile and README."""
    from toolmesh_cli.tool_projects.new_project import check_name, new_project

    try:
        check_name(name)
    except InvalidInput as error:
        raise typer.BadParameter(error.message, param_hint="NAME") from error
    made = new_project(name, into)
    folder = made[0].parent
    if as_json:
        write_json({"name": name, "folder": str(folder), "files": [file.name for file in made]})
        return
    write_text("\n".join(str(file) for file in made))
    say(f"edit {made[0]}, then: toolmesh tools test {folder}")


def check(path: PathArgument, as_json: JsonOption = False) -> None:
    """Hold tools to the contract of every tool, and run their own tests."""
    from toolmesh_cli.tool_projects.check_project import own_tests

    tools = _loaded(path)
    verdicts, tests = asyncio.run(_verdicts(path, tools)), own_tests(path)
    if as_json:
        write_json(_report(verdicts, tests))
    else:
        _show(verdicts, tests, tools)
    if not all(verdict.kept for verdict in verdicts) or tests.passed is False:
        raise typer.Exit(1)


async def _verdicts(path: Path, tools: "list[ToolFunction[..., Any]]") -> "list[Verdict]":
    from toolmesh_cli.tool_projects.check_project import check_project

    with tempfile.TemporaryDirectory() as scratch, tempfile.NamedTemporaryFile() as log:
        return [verdict async for verdict in check_project(path, tools, Path(scratch), log)]


def _report(verdicts: "list[Verdict]", tests: "OwnTests") -> dict[str, Any]:
    rules = [
        {
            "name": verdict.name,
            "rule": verdict.says,
            "kept": verdict.kept,
            "problems": [{"tool": problem.tool, "message": problem.message} for problem in verdict.problems],
            "remedy": "" if verdict.kept else verdict.remedy,
        }
        for verdict in verdicts
    ]
    return {
        "passed": all(verdict.kept for verdict in verdicts) and tests.passed is not False,
        "rules": rules,
        "own_tests": {"passed": tests.passed, "output": tests.output},
    }


def _show(verdicts: "list[Verdict]", tests: "OwnTests", tools: "list[ToolFunction[..., Any]]") -> None:
    rows = [("ok" if verdict.kept else "BROKEN", verdict.says, _what_to_mend(verdict)) for verdict in verdicts]
    last_line = tests.output.splitlines()[-1] if tests.output else "there is no test_*.py beside it"
    rows.append(({True: "ok", False: "BROKEN", None: "-"}[tests.passed], "its own tests pass", last_line))
    write_table(("", "rule", "what is wrong, and how to mend it"), rows, "")
    if tests.passed is False:
        write_text(tests.output)
    writers = [tool.name for tool in tools if not tool.definition.read_only or tool.definition.cost_usd]
    if writers:
        say(f"not called, since they may change or spend something: {', '.join(writers)}")
    broken = sum(not verdict.kept for verdict in verdicts)
    say(f"tools: {len(tools)}, rules: {len(verdicts)}, broken: {broken or 'none'}")


def _what_to_mend(verdict: "Verdict") -> str:
    if verdict.kept:
        return ""
    return "\n".join([*(one_line(str(problem), 500) for problem in verdict.problems), f"mend: {verdict.remedy}"])


def run(
    path: PathArgument,
    listen: Annotated[
        str, typer.Option("--listen", help="gRPC address, such as 127.0.0.1:7011; port 0 takes a free one.")
    ] = "127.0.0.1:0",
    register: Annotated[bool, typer.Option("--register", help="Tell the running platform, until the end.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Serve tools alone, until Ctrl-C."""
    from toolmesh_cli.tool_projects.serve_project import serve_project

    tools = _loaded(path)

    def on_ready(process: "SourceProcess", registered: bool) -> None:
        if as_json:
            names = [tool.name for tool in tools]
            write_json_line(
                {"name": process.name, "address": process.address, "tools": names, "registered": registered}
            )
        else:
            _show_served(tools, process, registered=registered)

    asyncio.run(serve_project(path, listen, register=register, on_ready=on_ready))


def _show_served(tools: "list[ToolFunction[..., Any]]", process: "SourceProcess", *, registered: bool) -> None:
    rows = [(tool.name, _parameters(tool), one_line(tool.definition.description, 80)) for tool in tools]
    write_table(("name", "arguments", "description"), rows, "")
    shown = tools[0]
    arguments = dict(shown.examples[0].arguments) if shown.examples else {}
    call = f"toolmesh tools invoke {shown.name} --arguments '{json.dumps(arguments, ensure_ascii=False)}'"
    if not registered:
        call = f"toolmesh tools register {process.name} {process.address}\n{call}"
    write_text(f"\nserved at {process.address}; Ctrl-C ends it. To call one, in another terminal:\n{call}")


def _parameters(tool: "ToolFunction[..., Any]") -> str:
    hidden = tool.signature.context_parameter
    parameters = [one for one in inspect.signature(tool.function).parameters.values() if one.name != hidden]
    return ", ".join(one.name if one.default is one.empty else f"{one.name}={one.default!r}" for one in parameters)


def _loaded(path: Path) -> "list[ToolFunction[..., Any]]":
    from toolmesh_toolkit.source_folder import load_tools

    try:
        return load_tools(path)
    except InvalidInput as error:
        message = error.message
        requirements = (path if path.is_dir() else path.parent) / "requirements.txt"
        if isinstance(error.__cause__, ModuleNotFoundError) and requirements.exists():
            message += f"; to try it here: python -m pip install -r {requirements}"
        raise InvalidInput(message, reason=error.reason) from error
