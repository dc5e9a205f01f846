"""A newcomer's first minutes: one question by each way in, answered by the real default model and real tools."""

import json
import subprocess

import httpx
import openai
import pytest
from fixtures.running_platform import TOOLMESH

QUESTION = "What is 12.5 * 8?"


def test_it_is_ready_in_time(platform) -> None:
    assert platform.start_s < 15


def test_all_processes_together_stay_under_two_gigabytes(platform) -> None:
    with platform.http() as client:
        client.post("/v1/runs", params={"wait": "true"}, json={"input": QUESTION})
    assert sum(process["memory_bytes"] for process in platform.processes().values()) < 2 * 2**30


def test_a_run_by_rest_calls_the_tool_and_answers(platform) -> None:
    with platform.http() as client:
        run = client.post("/v1/runs", params={"wait": "true"}, json={"input": QUESTION}).json()
    assert (run["state"], run["end_reason"]) == ("succeeded", "answered")
    assert run["tools_called"] == ["calculate"]
    assert "100" in run["output"]


def test_the_events_of_a_run_stream_as_numbered_events_and_resume(platform) -> None:
    with platform.http() as client:
        run = client.post("/v1/runs", json={"input": QUESTION}).json()
        kinds, sequences = _stream(client, f"/v1/runs/{run['id']}:stream")
        later_kinds, later_sequences = _stream(client, f"/v1/runs/{run['id']}:stream?after_sequence={sequences[1]}")
    assert kinds[0] == "run_started"
    assert kinds[-1] == "run_ended"
    assert {"tools_retrieved", "decision_made", "tool_call_started", "tool_call_finished"} <= set(kinds)
    assert sequences == list(range(1, len(sequences) + 1))
    assert later_sequences == sequences[2:]
    assert later_kinds[-1] == "run_ended"


def _stream(client: httpx.Client, path: str) -> tuple[list[str], list[int]]:
    kinds, sequences = [], []
    with client.stream("GET", path) as response:
        for line in response.iter_lines():
            if line.startswith("event: ") and line not in ("event: answer_delta", "event: tool_progress"):
                kinds.append(line.removeprefix("event: "))
            if line.startswith("id: "):
                sequences.append(int(line.removeprefix("id: ")))
    return kinds, sequences


@pytest.fixture
def client(platform):
    with openai.OpenAI(base_url=f"{platform.url}/v1", api_key=platform.key) as made:
        yield made


def test_the_openai_client_gets_an_answer_with_tools_run_by_the_server(client) -> None:
    completion = client.chat.completions.create(model="default", messages=[{"role": "user", "content": QUESTION}])
    assert "100" in completion.choices[0].message.content
    assert completion.choices[0].finish_reason == "stop"
    assert completion.usage.total_tokens > 0


def test_the_openai_client_streams(client) -> None:
    chunks = list(
        client.chat.completions.create(
            model="default",
            messages=[{"role": "user", "content": QUESTION}],
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert "100" in text
    assert chunks[-1].usage.total_tokens > 0


WEATHER = {
    "type": "function",
    "function": {
        "name": "get_forecast",
        "description": "Get the weather forecast of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def test_a_clients_own_tools_are_called_by_the_client(client) -> None:
    messages = [{"role": "user", "content": "What is the weather forecast for Paris?"}]
    first = client.chat.completions.create(model="default", messages=messages, tools=[WEATHER])
    call = first.choices[0].message.tool_calls[0]
    assert first.choices[0].finish_reason == "tool_calls"
    assert call.function.name == "get_forecast"
    assert json.loads(call.function.arguments) == {"city": "Paris"}
    messages += [
        first.choices[0].message.model_dump(exclude_none=True),
        {"role": "tool", "tool_call_id": call.id, "content": '{"forecast": "sunny, 23 degrees"}'},
    ]
    second = client.chat.completions.create(model="default", messages=messages, tools=[WEATHER])
    assert second.choices[0].finish_reason == "stop"
    assert "23" in second.choices[0].message.content


def test_the_openai_client_gets_embeddings(client) -> None:
    vectors = client.embeddings.create(model="multilingual-e5-small", input=["a cat", "一只猫", "tax law"])
    cat, mao, tax = (item.embedding for item in vectors.data)
    assert _dot(cat, mao) > _dot(cat, tax)


def _dot(left: list[float], right: list[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))


def test_a_later_request_in_the_session_uses_what_came_before(platform) -> None:
    with platform.http() as client:
        for text in ("What is 12.5 * 8?", "Now multiply that by 3"):
            run = client.post("/v1/runs", params={"wait": "true"}, json={"input": text, "session": "sums"}).json()
        messages = client.get("/v1/sessions/sums/messages").json()["messages"]
    assert run["state"] == "succeeded"
    assert [item["message"]["role"] for item in messages].count("user") == 2
    assert any(item["message"]["role"] == "tool" for item in messages)


def test_the_cli_asks_and_shows_each_step(platform) -> None:
    shown = platform.cli("ask", QUESTION)
    assert "calculate" in shown
    assert "100" in shown


def test_the_cli_speaks_json_for_machines(platform) -> None:
    events = [json.loads(line) for line in platform.cli("ask", QUESTION, "--json").splitlines()]
    assert events[-1]["event"] == "run_ended"
    assert events[-1]["run"]["tools_called"] == ["calculate"]


def test_a_wrong_key_is_refused_in_one_clear_line(platform) -> None:
    answer = httpx.get(f"{platform.url}/v1/tools", headers={"Authorization": "Bearer wrong"}, trust_env=False)
    assert answer.status_code == 401
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert "key" in answer.json()["detail"].lower()


def test_a_second_platform_on_the_same_folder_is_refused(platform) -> None:
    done = subprocess.run([TOOLMESH, "up"], env=platform.env, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert "already runs" in done.stderr
