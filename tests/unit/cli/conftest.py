"""The command line over a scripted platform: arguments in, exit code and both outputs out."""

import functools
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

import toolmesh_cli.connection
from toolmesh_cli.__main__ import main
from toolmesh_sdk import Client, RetryPolicy


@dataclass
class Platform:
    """Answers by verb and path; a list answers in turn."""

    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)

    def handle(self, request: httpx.Request) -> httpx.Response:
        key = f"{request.method} {request.url.path}"
        self.asked.append(f"{request.method} {request.url.raw_path.decode()}")
        self.bodies.append(json.loads(request.read() or b"null"))
        answer = self.answers[key]
        if isinstance(answer, list):
            answer = answer.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    def will_run(self, *events: dict[str, Any], run: str = "run_1") -> None:
        """Starts a run with these events."""
        self.answers["POST /v1/runs"] = {"id": run, "state": "running"}
        self.answers[f"GET /v1/runs/{run}:stream"] = events_of(*events)


def events_of(*events: dict[str, Any]) -> httpx.Response:
    numbered = [{"sequence": place, "step": 1, **event} for place, event in enumerate(events, 1)]
    return httpx.Response(200, text="".join(f"data: {json.dumps(event)}\n\n" for event in numbered))


@dataclass
class Outcome:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Platform:
    scripted = Platform()
    client = functools.partial(
        Client, http_transport=httpx.MockTransport(scripted.handle), retry=RetryPolicy(0, 0, 0, 0)
    )
    monkeypatch.setattr(toolmesh_cli.connection, "Client", client)
    monkeypatch.setenv("TOOLMESH_API_KEY", "key")
    monkeypatch.delenv("TOOLMESH_URL", raising=False)
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setenv("TZ", "UTC")
    return scripted


@pytest.fixture
def toolmesh(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Outcome]:
    def run(*arguments: str) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["toolmesh", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
        captured = capsys.readouterr()
        code = left.value.code
        return Outcome(code if isinstance(code, int) else 0, captured.out, captured.err)

    return run
