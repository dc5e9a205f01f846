"""Which address an operation's calls go to."""

import re
from collections.abc import Mapping

from toolmesh_core.egress.targets import parse_target
from toolmesh_core.errors import ToolError
from toolmesh_imports.openapi.node import Node
from toolmesh_imports.openapi.options import ImportOptions


def server_of(root: Node, path_item: Node, operation: Node, options: ImportOptions) -> str:
    """The first server of the operation, else of its path, else of the document; the option's stands for all.

    Raises:
        InvalidInput: it is no http or https address, with its place.
    """
    if options.server:
        return _checked(options.server, root)
    for owner in (operation, path_item, root):
        servers = owner.get("servers")
        for server in servers.elements() if servers else ():
            return _checked(_filled(server, options.server_variables), server)
    raise root.wrong("names no server: say the API's address by the option 'server' (--server-url)")


def _filled(server: Node, chosen: Mapping[str, str]) -> str:
    url, variables = server.text("url"), server.get("variables")
    declared = dict(variables.items()) if variables else {}

    def value_of(found: re.Match[str]) -> str:
        name = found[1]
        if name not in declared:
            raise server.at("url").wrong(f"has {{{name}}}, which 'variables' does not declare")
        value = chosen.get(name, declared[name].text("default"))
        allowed = declared[name].get("enum")
        if allowed is not None and value not in allowed.texts():
            raise declared[name].wrong(f"must be one of {', '.join(allowed.texts())}, got {value!r}")
        return value

    return re.sub(r"\{([^{}]*)\}", value_of, url)


def _checked(url: str, place: Node) -> str:
    if not url.lower().startswith(("http://", "https://")):
        raise place.wrong(f"the server {url!r} is no whole address: say it by the option 'server' (--server-url)")
    try:
        target = parse_target(url)
    except ToolError as error:
        raise place.wrong(f"the server cannot be used: {error.message}") from error
    if "?" in target.path or "#" in url:
        raise place.wrong(f"the server {url!r} has a query or a fragment: leave them out")
    return target.url.rstrip("/")
