"""`toolmesh tools import-openapi|import-mcp|import-grpc`: tools out of an API, an MCP server, a gRPC server."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toolmesh_cli.connection import connect
from toolmesh_cli.output import JsonOption, say, write_json, write_text
from toolmesh_cli.tool_imports.document_text import read_document_text
from toolmesh_cli.tool_imports.names import name_of, name_of_command, pairs_of, with_whole_paths
from toolmesh_cli.tool_imports.preview import Preview, preview, show, warn
from toolmesh_sdk import DeploymentSource

if TYPE_CHECKING:
    from toolmesh.tool_host.v1 import source_pb2

NameOption = Annotated[str, typer.Option("--name", help="The deployment's name; an existing one is replaced.")]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Make the tools here and show them; nothing is deployed or called.")
]
AllowHostOption = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-host",
        help="name or name:port that calls may reach, also in a private network; may be repeated. "
        "Without it, the address's own hosts where they are public.",
    ),
]
_SECRET_HELP = "NAME is a secret that the tool host holds; may be repeated."


def import_openapi(
    where: Annotated[str, typer.Argument(metavar="FILE_OR_URL", help="An OpenAPI 3.0 or 3.1 document, JSON or YAML.")],
    name: NameOption = "",
    server_url: Annotated[str, typer.Option("--server-url", help="Instead of the document's servers.")] = "",
    tag: Annotated[list[str] | None, typer.Option("--tag", help="Only operations with it; may be repeated.")] = None,
    pattern: Annotated[
        list[str] | None,
        typer.Option("--pattern", help="Only operations whose id or 'GET /path' fits; may be repeated."),
    ] = None,
    secret: Annotated[
        list[str] | None, typer.Option("--secret", metavar="SCHEME=NAME", help=f"For a security scheme: {_SECRET_HELP}")
    ] = None,
    allow_host: AllowHostOption = None,
    prefix: Annotated[str, typer.Option("--prefix", help="Put before each tool's name, with '_'.")] = "",
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make a tool of every operation of an OpenAPI document."""
    from toolmesh.tool_host.v1 import source_pb2

    api = source_pb2.OpenApiSource(
        document=read_document_text(where),
        server_url=server_url,
        tags=tag or [],
        patterns=pattern or [],
        secrets=pairs_of("--secret", secret),
        allowed_hosts=allow_host or [],
        prefix=prefix,
    )
    source = source_pb2.DeploymentSource(openapi=api)
    # It costs nothing and nobody is asked, so a bad document is told before anything is sent.
    found = preview(source, name or "openapi")
    _carry_out(name or name_of(found.title, "openapi"), source, found, dry_run=dry_run, as_json=as_json)


def import_mcp(
    target: Annotated[
        list[str], typer.Argument(metavar="URL | -- COMMAND [ARG]...", help="Streamable HTTP, or a program on stdio.")
    ],
    name: NameOption = "",
    secret: Annotated[
        list[str] | None,
        typer.Option(
            "--secret", metavar="KEY=NAME", help=f"A header of a URL, a variable of a command: {_SECRET_HELP}"
        ),
    ] = None,
    env: Annotated[
        list[str] | None, typer.Option("--env", metavar="KEY=VALUE", help="A variable of a command; may be repeated.")
    ] = None,
    allow_host: AllowHostOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make a tool of every tool of an MCP server. A dry run starts the command, or asks the address."""
    from toolmesh.tool_host.v1 import source_pb2

    secrets, environment = pairs_of("--secret", secret), pairs_of("--env", env)
    if len(target) == 1 and target[0].startswith(("http://", "https://")):
        if environment:
            raise typer.BadParameter("--env is for a command; a URL takes --secret HEADER=NAME")
        chosen = name or name_of(target[0].partition("://")[2].partition("/")[0], "mcp")
        endpoint = source_pb2.McpEndpoint(url=target[0], secret_headers=secrets, allowed_hosts=allow_host or [])
        source = source_pb2.DeploymentSource(mcp=source_pb2.McpSource(endpoint=endpoint, prefix=_prefix(chosen)))
    else:
        if allow_host:
            raise typer.BadParameter("--allow-host is for a URL; what a command reaches, it decides itself")
        chosen, words = name or name_of_command(target), with_whole_paths(target)
        command = source_pb2.McpCommand(command=words[0], arguments=words[1:], secrets=secrets, environment=environment)
        source = source_pb2.DeploymentSource(mcp=source_pb2.McpSource(command=command, prefix=_prefix(chosen)))
    _carry_out(chosen, source, preview(source, chosen) if dry_run else None, dry_run=dry_run, as_json=as_json)


def import_grpc(
    address: Annotated[str, typer.Argument(help="A gRPC server with reflection, such as 127.0.0.1:50051.")],
    name: NameOption = "",
    tls: Annotated[bool, typer.Option("--tls", help="Speak TLS, with the system's authorities.")] = False,
    service: Annotated[
        list[str] | None, typer.Option("--service", help="Only this service, by its full name; may be repeated.")
    ] = None,
    descriptor_set: Annotated[
        Path | None,
        typer.Option(
            "--descriptor-set",
            exists=True,
            dir_okay=False,
            help="Instead of reflection; of protoc --include_imports --include_source_info, for the comments.",
        ),
    ] = None,
    secret: Annotated[
        list[str] | None, typer.Option("--secret", metavar="KEY=NAME", help=f"Metadata of each call: {_SECRET_HELP}")
    ] = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make a tool of every method of a gRPC server. A dry run asks the server, unless there is a descriptor set."""
    from toolmesh.tool_host.v1 import source_pb2

    grpc = source_pb2.GrpcSource(
        address=address,
        tls=tls,
        services=service or [],
        descriptor_set=descriptor_set.read_bytes() if descriptor_set else b"",
        secret_metadata=pairs_of("--secret", secret),
    )
    source, chosen = source_pb2.DeploymentSource(grpc=grpc), name or name_of(f"grpc-{address}", "grpc")
    _carry_out(chosen, source, preview(source, chosen) if dry_run else None, dry_run=dry_run, as_json=as_json)


def _prefix(name: str) -> str:
    """So that the tools of two servers never share a name."""
    return name[:31]


def _carry_out(
    name: str, source: "source_pb2.DeploymentSource", found: Preview | None, *, dry_run: bool, as_json: bool
) -> None:
    """Shows what was found, or deploys."""
    if dry_run and found is not None:
        show(found, name, as_json=as_json)
        say(f"dry run: nothing was deployed. Without --dry-run these become deployment {name}")
        return
    from google.protobuf.json_format import MessageToDict

    said = DeploymentSource(**MessageToDict(source, preserving_proto_field_name=True))
    with connect() as client:
        deployed = client.tool_deployments.deploy(said, name=name, on_stage=None if as_json else say)
    if as_json:
        write_json(deployed.to_json())
    else:
        write_text(f"deployed {deployed.name}, version {deployed.version}: {', '.join(deployed.tools) or 'no tools'}")
    if found is not None:
        warn(found)
    say(_next_steps(name))


def _next_steps(name: str) -> str:
    return (
        "calls are denied until the policy allows them. One rule, in the file of TOOLMESH_TOOL_ROUTER_POLICY_FILE:\n"
        f"  - {{name: {name}, effect: allow, services: [{name}]}}\n"
        "(with read_only: true for what only reads, effect: hold to ask a person; docs/policy.md)"
    )
