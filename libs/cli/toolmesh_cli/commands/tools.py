"""`toolmesh tools`: what there is, what fits a request, calling one, and the services they are on."""

from typing import Annotated

import typer

from toolmesh_cli.commands import tool_deployments, tool_imports, tool_projects
from toolmesh_cli.connection import connect
from toolmesh_cli.output import JsonOption, duration, say, write_fields, write_json, write_table, write_text
from toolmesh_cli.plain_text import one_line, pretty_json
from toolmesh_cli.tool_arguments import arguments_of_json, arguments_of_pairs

app = typer.Typer(no_args_is_help=True, help="Find, look at and call tools.")
_NO_TOOLS = "no tools: is a tool service registered? See `toolmesh tools services`"
TopKOption = Annotated[int, typer.Option("--top-k", min=1, max=100, help="How many.")]
NameArgument = Annotated[str, typer.Argument(help="The tool's name.")]


@app.command("list")
def list_tools(
    tag: Annotated[list[str] | None, typer.Option("--tag", help="Only tools with this tag; may be repeated.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List all tools by name."""
    with connect() as client:
        found = list(client.tools.each(tags=tag or [], page_size=1000))
    if as_json:
        write_json([tool.to_json() for tool in found])
        return
    rows = [(tool.name, one_line(tool.description, 100), ", ".join(tool.tags)) for tool in found]
    write_table(("name", "description", "tags"), rows, _NO_TOOLS)


@app.command()
def search(
    query: Annotated[str, typer.Argument(help="A request in plain language.")],
    top_k: TopKOption = 5,
    as_json: JsonOption = False,
) -> None:
    """Find the tools for a request, best first."""
    with connect() as client:
        found = client.tools.search(query, top_k=top_k)
    if as_json:
        write_json(found.to_json())
        return
    rows = [
        (
            hit.tool.name,
            f"{hit.score:.2f}",
            f"{hit.lexical_score:.2f}",
            f"{hit.dense_score:.2f}",
            one_line(hit.tool.description, 80),
        )
        for hit in found.results
    ]
    write_table(("name", "score", "words", "meaning", "description"), rows, _NO_TOOLS)
    if found.degraded:
        say(found.degraded)


@app.command()
def show(name: NameArgument, as_json: JsonOption = False) -> None:
    """Show one tool with its arguments."""
    with connect() as client:
        tool = client.tools.get(name)
    if as_json:
        write_json(tool.to_json())
        return
    habits = [word for word in ("idempotent", "read_only", "needs_approval") if getattr(tool, word)]
    fields = [
        ("name", tool.name),
        ("description", tool.description),
        ("service", tool.tool_service),
        ("version", tool.version),
        ("tags", ", ".join(tool.tags)),
        ("habits", ", ".join(habits).replace("_", " ")),
        ("timeout", duration(tool.timeout) if tool.timeout else ""),
        ("cost", f"up to {tool.cost_usd:g} US dollars a call" if tool.cost_usd else ""),
        ("examples", "\n".join(tool.examples)),
        ("arguments", pretty_json(tool.arguments_schema)),
        ("output", pretty_json(tool.output_schema) if tool.output_schema else ""),
    ]
    write_fields(fields)


@app.command()
def invoke(
    name: NameArgument,
    pairs: Annotated[list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Arguments of the tool.")] = None,
    arguments: Annotated[str | None, typer.Option("--arguments", help="All arguments as one JSON object.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Call a tool and print its output."""
    if pairs and arguments is not None:
        raise typer.BadParameter("give KEY=VALUE or --arguments, not both")
    given = arguments_of_json(arguments) if arguments is not None else None
    with connect() as client:
        if given is None:
            given = arguments_of_pairs(pairs, client.tools.get(name).arguments_schema) if pairs else {}
        called = client.tools.invoke(name, given)
    if as_json:
        write_json(called.to_json())
        return
    write_text(called.output if isinstance(called.output, str) else pretty_json(called.output))
    if called.truncated:
        kept = ", ".join(ref.artifact for ref in called.artifacts)
        say(f"this is a summary; the whole output is artifact {kept}")


@app.command()
def services(as_json: JsonOption = False) -> None:
    """List tool services and whether calls to them go through."""
    with connect() as client:
        found = list(client.tool_services.each())
    if as_json:
        write_json([service.to_json() for service in found])
        return
    rows = [(s.name, s.state, s.address, len(s.tools), s.detail) for s in found]
    write_table(
        ("name", "state", "address", "tools", "detail"),
        rows,
        "no tool services: add one with `toolmesh tools register`",
    )


@app.command()
def register(
    name: Annotated[str, typer.Argument(help="A name for the service; an existing one is replaced.")],
    address: Annotated[str, typer.Argument(help="Its gRPC address, such as 127.0.0.1:7011.")],
    as_json: JsonOption = False,
) -> None:
    """Add a tool service by its address."""
    with connect() as client:
        service = client.tool_services.register(name, address)
    if as_json:
        write_json(service.to_json())
        return
    write_text(f"registered {service.name} at {service.address}: {', '.join(service.tools) or 'no tools'}")


@app.command()
def unregister(name: Annotated[str, typer.Argument(help="The service's name.")], as_json: JsonOption = False) -> None:
    """Forget a tool service and its tools."""
    with connect() as client:
        client.tool_services.unregister(name)
    if as_json:
        write_json({"name": name})
        return
    write_text(f"unregistered {name}")


app.command()(tool_projects.new)
app.command("test")(tool_projects.check)
app.command()(tool_projects.run)
app.command("import-openapi")(tool_imports.import_openapi)
app.command("import-mcp")(tool_imports.import_mcp)
app.command("import-grpc")(tool_imports.import_grpc)
app.command()(tool_deployments.deploy)
app.command()(tool_deployments.remove)
app.command()(tool_deployments.logs)
app.command()(tool_deployments.deployments)
