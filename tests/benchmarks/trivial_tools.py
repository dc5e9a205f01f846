"""What the benchmarks call: the same sum as a ToolMesh tool, as bare grpc.aio, over HTTP, and behind a plain proxy.

    python trivial_tools.py toolmesh | bare-grpc | http | fastapi-proxy URL | trace-sink

Each prints its address on the first line.
"""

import json
import socket
import sys
from typing import Any

import grpc
import uvicorn
import uvloop

from toolmesh.tool.v1 import tool_pb2, tool_service_pb2, tool_service_pb2_grpc

API_KEY = "benchmark-key"


def serve_toolmesh() -> None:
    """A tool service as anybody writes one."""
    from toolmesh_toolkit import run_tools, tool

    @tool(idempotent=True, read_only=True)
    async def add(a: int, b: int) -> int:
        """Adds two whole numbers."""
        return a + b

    run_tools("benchmark", [add])


class BareServicer(tool_service_pb2_grpc.ToolServiceServicer):
    """The contract with nothing around it."""

    async def InvokeTool(self, request: tool_service_pb2.InvokeToolRequest, context: Any) -> Any:
        """Adds."""
        arguments = json.loads(request.arguments_json)
        output = json.dumps(arguments["a"] + arguments["b"])
        yield tool_service_pb2.InvokeToolResponse(result=tool_pb2.ToolResult(output_json=output))


async def serve_bare_grpc() -> None:
    """The same sum by grpc.aio alone."""
    server = grpc.aio.server()
    tool_service_pb2_grpc.add_ToolServiceServicer_to_server(BareServicer(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(json.dumps({"address": f"127.0.0.1:{port}"}), flush=True)
    await server.wait_for_termination()


async def add_over_http(scope: Any, receive: Any, send: Any) -> None:
    """The same sum as an ASGI application."""
    arguments = json.loads((await receive())["body"])["arguments"]
    body = json.dumps({"output": arguments["a"] + arguments["b"]}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def take_traces(scope: Any, receive: Any, send: Any) -> None:
    """Takes whatever is posted and answers 200, as a collector of traces does."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


def fastapi_proxy(tool_url: str) -> Any:
    """What one would write in an afternoon: FastAPI, a key, httpx to the tool."""
    import httpx
    from fastapi import Depends, FastAPI, HTTPException
    from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
    from pydantic import BaseModel

    class Call(BaseModel):
        arguments: dict[str, Any]

    app = FastAPI()
    client = httpx.AsyncClient()
    bearer = HTTPBearer()

    @app.post("/v1/tools/{tool}:invoke")
    async def invoke(tool: str, call: Call, key: HTTPAuthorizationCredentials = Depends(bearer)) -> Any:  # noqa: B008
        if key.credentials != API_KEY:
            raise HTTPException(401)
        answer = await client.post(tool_url, json={"tool": tool, "arguments": call.arguments})
        return answer.json()

    return app


def serve_http(application: Any) -> None:
    """Serves an ASGI application on a free port."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    print(json.dumps({"address": f"http://127.0.0.1:{listener.getsockname()[1]}"}), flush=True)
    config = uvicorn.Config(application, lifespan="off", access_log=False, log_level="warning")
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["toolmesh"]:
            serve_toolmesh()
        case ["bare-grpc"]:
            uvloop.run(serve_bare_grpc())
        case ["http"]:
            serve_http(add_over_http)
        case ["fastapi-proxy", url]:
            serve_http(fastapi_proxy(url))
        case ["trace-sink"]:
            serve_http(take_traces)
        case other:
            raise SystemExit(f"unknown tool {other}; see the top of this file")
