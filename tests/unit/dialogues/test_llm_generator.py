"""The generator by a language model, against a small server that answers as one."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice

import orjson
import pytest

from toolmesh_core.errors import Unavailable
from toolmesh_dialogues.filters.well_formed import why_malformed
from toolmesh_dialogues.gallery.gallery import Gallery
from toolmesh_dialogues.gallery.gallery_tool import GalleryTool, Parameter
from toolmesh_dialogues.generators.llm.llm_generator import LlmGenerator

CITY = Parameter("city", {"type": "string"}, "word city")
GALLERY = Gallery([GalleryTool("weather.now", "weather.now", "Weather of a city.", (CITY,))])


class Scripted(BaseHTTPRequestHandler):
    """Plays all three roles: by what it is asked it knows which one is meant."""

    def do_POST(self) -> None:
        asked = orjson.loads(self.rfile.read(int(self.headers["Content-Length"])))
        body = orjson.dumps({"id": "x", "object": "chat.completion", "created": 0, "model": "m", "choices": [
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", **self.answer(asked)}}
        ]})  # fmt: skip
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def answer(self, asked: dict[str, object]) -> dict[str, object]:
        messages = asked["messages"]
        assert isinstance(messages, list)
        if "tools" in asked:
            if messages[-1]["role"] == "tool":
                return {"content": "It will be 3 degrees."}
            function = {"name": "weather_now", "arguments": '{"city": "Oslo"}'}
            return {"content": None, "tool_calls": [{"id": "odd-7", "type": "function", "function": function}]}
        if messages[0]["content"].startswith("Play a tool"):
            return {"content": '```json\n{"high": 3}\n```'}
        return {"content": "END" if "user of this" in messages[0]["content"] else "Weather in Oslo?"}

    def log_message(self, *arguments: object) -> None:
        """Nothing to stderr."""


@pytest.fixture
def endpoint() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Scripted)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_three_roles_make_a_dialogue(endpoint: str) -> None:
    (made,) = islice(LlmGenerator(endpoint, "m").dialogues(GALLERY, 1), 1)
    assert [message.role for message in made.messages] == ["user", "assistant", "tool", "assistant"]
    (call,) = made.calls()
    assert (call.id, call.tool, call.arguments) == ("call_1", "weather.now", {"city": "Oslo"})
    assert made.messages[2].content == '{"high":3}'
    assert made.messages[2].tool_call_id == "call_1"
    assert (made.kind, made.source) == ("common_api", "llm")
    assert why_malformed(made) is None


def test_the_same_seed_gives_the_same_dialogues(endpoint: str) -> None:
    one, two = (list(islice(LlmGenerator(endpoint, "m").dialogues(GALLERY, 4), 3)) for _ in range(2))
    assert one == two


def test_an_endpoint_that_is_not_there_is_named() -> None:
    generator = LlmGenerator("http://127.0.0.1:1/v1", "m")
    generator._endpoint._client.max_retries = 0
    with pytest.raises(Unavailable, match="did not answer"):
        next(generator.dialogues(GALLERY, 1))
