"""`toolmesh tools deploy|remove|logs|deployments`: tools that the platform runs from what it is given."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from toolmesh_cli.connection import connect
from toolmesh_cli.output import (
    JsonOption,
    local_time,
    say,
    stderr,
    write_json,
    write_json_line,
    write_table,
    write_text,
)
from toolmesh_cli.plain_text import one_line, plain
from toolmesh_cli.policy_outlook import policy_outlook
from toolmesh_sdk import ResourceLimits, Tool, ToolDeployment

NameArgument = Annotated[str, typer.Argument(help="The deployment's name.")]
_MIB = 2**20


class Target(StrEnum):
    """Where tools are run."""

    HOST = "host"
    KUBERNETES = "kubernetes"


TargetOption = Annotated[Target, typer.Option("--target", help="This machine's platform, or a cluster.")]
NamespaceOption = Annotated[str, typer.Option("--namespace", help="Of a cluster: where the Tool is.")]


def deploy(
    path: Annotated[Path, typer.Argument(exists=True, help="A Python file, or a folder, with functions under @tool.")],
    name: Annotated[str, typer.Option("--name", help="Its name; the file's or folder's if left out.")] = "",
    secret: Annotated[
        list[str] | None, typer.Option("--secret", help="A secret of the host that it gets as a variable; repeatable.")
    ] = None,
    memory_mib: Annotated[int, typer.Option("--memory", min=0, help="MiB of memory; the host's default if 0.")] = 0,
    target: TargetOption = Target.HOST,
    image: Annotated[
        str, typer.Option("--image", help="Of a cluster: a container image that serves the tools itself.")
    ] = "",
    namespace: NamespaceOption = "toolmesh",
    as_json: JsonOption = False,
) -> None:
    """Run tools as a service of their own; a new version takes over without a failed call, a bad one is refused."""
    if target is Target.KUBERNETES:
        from toolmesh_cli.commands.kubernetes_target import deploy_to_kubernetes

        deploy_to_kubernetes(path, name or None, image or None, namespace, as_json)
        return
    limits = ResourceLimits(memory_bytes=memory_mib * _MIB)
    with connect() as client:
        with stderr().status("deploying…") as status:

            def show(stage: str) -> None:
                status.update(f"{plain(stage)}…")
                if not as_json:
                    say(stage)

            deployed = client.tool_deployments.deploy(
                path, name=name, limits=limits, secrets=secret or (), on_stage=show
            )
        tools = [client.tools.get(tool) for tool in deployed.tools]
    if as_json:
        write_json({**deployed.to_json(), "denied_by_default": [tool.name for tool in tools if policy_outlook(tool)]})
        return
    _tell(deployed, tools)


def remove(
    name: NameArgument,
    target: TargetOption = Target.HOST,
    namespace: NamespaceOption = "toolmesh",
    as_json: JsonOption = False,
) -> None:
    """Take a deployment out; returns when its calls have ended and it is gone."""
    if target is Target.KUBERNETES:
        from toolmesh_cli.commands.kubernetes_target import remove_from_kubernetes

        remove_from_kubernetes(name, namespace, as_json)
        return
    with connect() as client, stderr().status(f"draining {plain(name)}…"):
        client.tool_deployments.remove(name)
    if as_json:
        write_json({"name": name})
        return
    write_text(f"removed {name}")


def logs(
    name: NameArgument,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with new lines until Ctrl-C.")] = False,
    tail: Annotated[int, typer.Option("--tail", min=1, help="Only the last so many lines.")] = 200,
    as_json: JsonOption = False,
) -> None:
    """Show what a deployment's process wrote, oldest first."""
    with connect() as client:
        if not follow:
            lines = client.tool_deployments.logs(name, tail_lines=tail)
            if as_json:
                write_json(lines)
            else:
                _write_lines(lines)
            return
        try:
            for line in client.tool_deployments.follow_logs(name, tail_lines=tail):
                if as_json:
                    write_json_line(line)
                else:
                    write_text(line)
        except KeyboardInterrupt:
            return


def deployments(as_json: JsonOption = False) -> None:
    """List deployments and how they are doing."""
    with connect() as client:
        found = list(client.tool_deployments.each())
    if as_json:
        write_json([deployment.to_json() for deployment in found])
        return
    rows = [
        (d.name, d.state, d.version, d.kind, len(d.tools), d.restarts, local_time(d.update_time), one_line(d.detail))
        for d in found
    ]
    columns = ("name", "state", "version", "kind", "tools", "restarts", "since", "detail")
    write_table(columns, rows, "no deployments: `toolmesh tools deploy PATH` makes one")


def _write_lines(lines: list[str]) -> None:
    for line in lines:
        write_text(line)
    if not lines:
        say("it has written nothing yet")


def _tell(deployed: ToolDeployment, tools: list[Tool]) -> None:
    write_text(f"{deployed.name} serves, version {deployed.version}")
    rows = [(tool.name, one_line(tool.description, 80), policy_outlook(tool) or "may be called") for tool in tools]
    write_table(("name", "description", "policy"), rows, "it has no tools")
    denied = [tool.name for tool in tools if policy_outlook(tool)]
    if denied:
        say(
            f"The policy denies {', '.join(denied)} unless a rule of yours allows it. With your policy file in "
            "TOOLMESH_TOOL_ROUTER_POLICY_FILE (docs/policy.md), add:\n"
            f"  - {{name: {deployed.name}, effect: allow, services: [{deployed.name}], tools: [{', '.join(denied)}]}}"
        )
    callable_ones = [tool.name for tool in tools if tool.name not in denied]
    if callable_ones:
        say(f"next: `toolmesh tools show {callable_ones[0]}`, or ask for it with `toolmesh ask`")
