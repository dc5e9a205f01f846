"""A server that does not do as it should: `python hostile_server.py MODE`. Speaks 2025-11-25, without the SDK."""

import json
import sys
import time
from typing import Any

MODE = sys.argv[1]
OBJECT = {"type": "object"}


def send(message: dict[str, Any]) -> None:
    """Writes one message."""
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def tool(name: Any, schema: Any = OBJECT, **more: Any) -> dict[str, Any]:
    """An entry of a list."""
    return {"name": name, "inputSchema": schema, **more}


def odd_entries() -> list[Any]:
    """A few good tools among bad ones."""
    laughs: dict[str, Any] = {f"l{n}": {"allOf": [{"$ref": f"#/$defs/l{n + 1}"}] * 2} for n in range(40)}
    return [
        tool("good"),
        tool("no-schema", None),
        tool("text-schema", "object"),
        tool("array-schema", {"type": "array"}),
        tool("bad-keyword", {"type": "object", "properties": {"a": {"type": "nothing"}}}),
        tool("remote", {"type": "object", "$ref": "http://127.0.0.1:1/schema"}),
        tool("laughs", {"type": "object", "$ref": "#/$defs/l0", "$defs": {**laughs, "l40": {}}}),
        tool("huge", {"type": "object", "description": "x", "enum": ["y" * 60_000]}),
        tool("bad-output", outputSchema={"type": "nothing"}),
        tool("strange-parts", annotations="yes", icons=7, description=["a"], title=3),
        tool("good"),
        tool(""),
        tool(17),
        "no tool",
        tool("天气"),
        tool("a/b c?"),
        tool("a.b.c!"),
        tool("n" * 100),
        tool("m" * 300),
    ]


def list_tools(params: dict[str, Any]) -> dict[str, Any]:
    """What tools/list gives."""
    page = int(params.get("cursor") or 0)
    if MODE == "odd":
        return {"tools": odd_entries()}
    if MODE == "endless-pages":
        return {"tools": [tool(f"t{page}")], "nextCursor": str(page + 1)}
    if MODE == "circle":
        return {"tools": [tool(f"t{page}")], "nextCursor": str(1 - page)}
    if MODE == "huge-list":
        return {"tools": [tool(f"t{number}") for number in range(20_000)]}
    if MODE == "no-list":
        return {"tools": "none"}
    return {"tools": [tool("call"), tool("good")]}


def call() -> dict[str, Any] | None:
    """What tools/call does; None is no answer at all."""
    if MODE == "huge-result":
        return {"content": [{"type": "text", "text": "x" * 2_000_000}]}
    if MODE == "bad-result":
        return {"content": [{"type": "hologram"}]}
    if MODE == "dies":
        sys.exit(9)
    if MODE == "silent":
        return None
    if MODE == "endless-line":
        while True:
            sys.stdout.write("x" * 65_536)
    if MODE == "endless-junk":
        while True:
            sys.stdout.write("this is no message\n")
    if MODE == "endless-notices":
        while True:
            send({"method": "notifications/message", "params": {"level": "info", "data": "x"}})
    if MODE == "asks":
        for number, method in enumerate(("sampling/createMessage", "elicitation/create", "roots/list")):
            params = {"messages": [], "maxTokens": 5, "message": "?", "requestedSchema": {**OBJECT, "properties": {}}}
            send({"id": f"ask{number}", "method": method, "params": params})
            answer = json.loads(sys.stdin.readline())
            ANSWERS.append(answer.get("error", answer.get("result")))
        return {"content": [{"type": "text", "text": json.dumps(ANSWERS)}]}
    if MODE == "echo-capabilities":
        return {"content": [{"type": "text", "text": json.dumps(ANSWERS)}]}
    return {"content": [{"type": "text", "text": "fine"}]}


ANSWERS: list[Any] = []


def serve() -> None:
    """Answers line by line."""
    for line in sys.stdin:
        message = json.loads(line)
        method, number = message.get("method"), message.get("id")
        if method == "initialize":
            ANSWERS.append(message["params"]["capabilities"])
            about = {"protocolVersion": "2025-11-25", "capabilities": {"tools": {"listChanged": True}}}
            send({"id": number, "result": {**about, "serverInfo": {"name": "x", "version": "1"}}})
        elif method == "tools/list":
            send({"id": number, "result": list_tools(message.get("params") or {})})
            if MODE == "changes-for-ever":
                send({"method": "notifications/tools/list_changed"})
        elif method == "tools/call":
            result = call() if message["params"]["name"] == "call" else {"content": [{"type": "text", "text": "fine"}]}
            if result is not None:
                send({"id": number, "result": result})
        elif number is not None:
            send({"id": number, "error": {"code": -32601, "message": "Method not found"}})


if MODE == "dies-at-once":
    sys.stderr.write("the licence has run out\n")
    sys.exit(4)
if MODE == "mute":
    time.sleep(3600)
serve()
if MODE == "stays":
    time.sleep(3600)
