"""What follows a redirect: the method by RFC 9110 (section 15.4), and to another origin neither secrets nor a body."""

import httpx

from toolmesh_core.egress.targets import Target, parse_target, redirected
from toolmesh_core.errors import ToolError

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_FOR_ANYBODY = ("user-agent", "accept", "accept-encoding")
_OF_BODIES = ("content-type", "content-length", "transfer-encoding")


def is_redirect(response: httpx.Response) -> bool:
    """Whether the response leads elsewhere."""
    return response.status_code in _REDIRECTS and "location" in response.headers


def redirected_request(request: httpx.Request, response: httpx.Response) -> httpx.Request:
    """The request that follows; the transport checks its host like the first one's.

    Raises:
        ToolError: BAD_URL, INSECURE_REDIRECT, or REDIRECT_REFUSED where a body would go to another origin.
    """
    origin = parse_target(f"{request.url.scheme}://{request.url.netloc.decode('ascii')}/")
    here = Target(origin.scheme, origin.host, origin.port, request.url.raw_path.decode("ascii"))
    there = redirected(here, response.headers["location"])
    method = _method(request.method, response.status_code)
    keeps_body = method == request.method and bool(request.content)
    same_origin = (there.scheme, there.host, there.port) == (here.scheme, here.host, here.port)
    if keeps_body and not same_origin:
        raise ToolError(
            f"{here.host} redirects a {method} with a body to {there.host}, which is refused", reason="REDIRECT_REFUSED"
        )
    headers = [
        (name, value)
        for name, value in request.headers.multi_items()
        if (same_origin or name in _FOR_ANYBODY) and name != "host" and (keeps_body or name not in _OF_BODIES)
    ]
    content = request.content if keeps_body else None
    return httpx.Request(method, there.url, headers=headers, content=content, extensions=request.extensions)


def _method(method: str, status: int) -> str:
    if method == "HEAD":
        return method
    becomes_get = status == 303 or (status in (301, 302) and method == "POST")
    return "GET" if becomes_get else method
