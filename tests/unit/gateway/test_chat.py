"""Chat completions: OpenAI's request as a run, the run's events as OpenAI's answer."""

from typing import Any

import orjson
import pytest

from toolmesh.chat.v1 import message_pb2
from toolmesh.controller.v1 import controller_service_pb2, decision_pb2
from toolmesh.inference.v1 import inference_service_pb2
from toolmesh.planner.v1 import run_event_pb2, run_pb2, run_service_pb2
from toolmesh_core.errors import Unavailable
from toolmesh_gateway.api.http.problem import HttpProblem
from toolmesh_gateway.api.openai.chat_request import ChatRequest, read_chat_request
from toolmesh_gateway.app.answer_text import AnswerText

USER = {"role": "user", "content": "2+2?"}
PATH = "/v1/chat/completions"
TOOL = {"type": "function", "function": {"name": "add", "parameters": {"type": "object", "properties": {"a": {}}}}}


def request_of(**fields: Any) -> ChatRequest:
    return read_chat_request({"messages": [USER]} | fields)


def faults_of(**fields: Any) -> list[str]:
    with pytest.raises(HttpProblem) as caught:
        request_of(**fields)
    return [error.field for error in caught.value.errors]


def event(sequence: int = 0, **fields: Any) -> run_service_pb2.StreamRunEventsResponse:
    return run_service_pb2.StreamRunEventsResponse(event=run_event_pb2.RunEvent(sequence=sequence, **fields))


def ended(end_reason: Any = run_pb2.END_REASON_ANSWERED, **fields: Any) -> run_service_pb2.StreamRunEventsResponse:
    usage = message_pb2.TokenUsage(prompt_tokens=5, completion_tokens=2, cached_tokens=1)
    run = run_pb2.Run(id="run_1", end_reason=end_reason, usage=usage, **fields)
    return event(9, run_ended=run_event_pb2.RunEnded(run=run))


def decided(finish_reason: Any) -> run_service_pb2.StreamRunEventsResponse:
    decision = decision_pb2.Decision(answer="4", finish_reason=finish_reason)
    return event(2, decision_made=run_event_pb2.DecisionMade(decision=decision))


def client_calls() -> run_service_pb2.StreamRunEventsResponse:
    calls = [message_pb2.ToolCall(id=f"c{n}", tool="add", arguments_json=f'{{"a": {n}}}') for n in (1, 2)]
    return ended(run_pb2.END_REASON_CLIENT_TOOL_CALLS, client_tool_calls=calls)


def chunks_of(body: bytes) -> list[Any]:
    lines = [line.removeprefix(b"data: ") for line in body.split(b"\n\n") if line]
    return [line if line == b"[DONE]" else orjson.loads(line) for line in lines]


@pytest.fixture
def events(upstream: Any) -> list[Any]:
    found: list[Any] = [event(1, run_started=run_event_pb2.RunStarted(input="2+2?"))]
    run = run_pb2.Run(id="run_1", model="smol", state=run_pb2.RUN_STATE_RUNNING)
    upstream.answers |= {
        "CreateRun": lambda request: run_service_pb2.CreateRunResponse(run=run),
        "StreamRunEvents": lambda request: found,
        "CancelRun": lambda request: run_service_pb2.CancelRunResponse(),
    }
    return found


def test_the_conversation_is_taken_over_whole() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}
    messages = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "2"}, {"type": "text", "text": "+2?"}]},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "4"},
    ]
    taken = list(request_of(messages=messages).run.messages)
    assert [message.role for message in taken] == [1, 2, 3, 4]
    assert taken[1].content == "2+2?"
    assert taken[2].tool_calls[0].arguments_json == '{"a": 1}'
    assert (taken[3].tool, taken[3].tool_call_id, taken[3].content) == ("add", "c1", "4")


def test_sampling_and_format_are_taken_over() -> None:
    fields = {"temperature": 1, "seed": 7, "stop": "END", "max_tokens": 9, "max_completion_tokens": 8}
    schema = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}}
    run = request_of(**fields, response_format=schema).run
    expected = inference_service_pb2.Sampling(temperature=1.0, seed=7, stop=["END"], max_tokens=8)
    assert run.sampling == expected
    assert run.answer_constraint.json_schema == '{"type":"object"}'


@pytest.mark.parametrize(
    ("choice", "expected", "tool"),
    [
        ("auto", controller_service_pb2.TOOL_CHOICE_AUTO, ""),
        ("none", controller_service_pb2.TOOL_CHOICE_NONE, ""),
        ("required", controller_service_pb2.TOOL_CHOICE_REQUIRED, ""),
        ({"type": "function", "function": {"name": "add"}}, controller_service_pb2.TOOL_CHOICE_REQUIRED, "add"),
    ],
)
def test_a_tool_choice_is_taken_over(choice: Any, expected: int, tool: str) -> None:
    run = request_of(tools=[TOOL], tool_choice=choice).run
    assert (run.tool_choice, run.required_tool) == (expected, tool)
    assert run.client_tools[0].name == "add"
    assert orjson.loads(run.client_tools[0].arguments_schema_json) == TOOL["function"]["parameters"]  # type: ignore[index]


def test_the_platforms_own_fields_fit_in_an_extension() -> None:
    run = request_of(toolmesh={"session": "s", "tools": ["add"], "limits": {"max_steps": 2}}).run
    assert (run.session, list(run.tools), run.limits.max_steps) == ("s", ["add"], 2)


def test_what_does_not_change_the_answer_is_ignored() -> None:
    request_of(user="u", metadata={"a": "b"}, store=True, service_tier="auto", presence_penalty=0, logprobs=False, n=1)


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"n": 2}, "n"),
        ({"logprobs": True}, "logprobs"),
        ({"logit_bias": {"5": 1}}, "logit_bias"),
        ({"presence_penalty": 0.5}, "presence_penalty"),
        ({"functions": []}, "functions"),
        ({"temperature": 3}, "temperature"),
        ({"top_p": "x"}, "top_p"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"stop": [""]}, "stop"),
        ({"stream": "yes"}, "stream"),
        ({"tool_choice": "maybe"}, "tool_choice"),
        ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
        ({"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "sub"}}}, "tool_choice"),
        ({"response_format": {"type": "xml"}}, "response_format.type"),
        ({"toolmesh": {"user": "eve"}}, "toolmesh.user"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "boss", "content": ""}]}, "messages[0].role"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages[0].content[0].type"),
        ({"messages": [{"role": "tool", "tool_call_id": "c", "content": "4"}]}, "messages[0].tool_call_id"),
    ],
)
def test_what_cannot_be_honoured_is_refused_by_name(fields: dict[str, Any], fault: str) -> None:
    assert faults_of(**fields) == [fault]


async def test_an_answer_in_one_piece(ask: Any, upstream: Any, events: list[Any]) -> None:
    events += [event(answer_delta="4"), ended(output="4", tools_called=["add"])]
    reply = await ask("POST", PATH, {"model": "default", "messages": [USER]})
    answer = reply.json
    assert (answer["object"], answer["id"], answer["model"]) == ("chat.completion", "chatcmpl-run_1", "smol")
    (choice,) = answer["choices"]
    assert choice["message"] == {"role": "assistant", "content": "4", "refusal": None}
    assert choice["finish_reason"] == "stop"
    assert answer["usage"]["total_tokens"] == 7
    assert answer["toolmesh"]["tools_called"] == ["add"]
    assert reply.headers["x-toolmesh-run"] == "run_1"
    assert "CancelRun" not in {rpc.rpartition("/")[2] for rpc, _ in upstream.asked}


async def test_an_answer_in_chunks(ask: Any, events: list[Any]) -> None:
    events += [event(answer_delta="4"), event(answer_delta="2"), ended(output="42!")]
    body = {"messages": [USER], "stream": True, "stream_options": {"include_usage": True}}
    *chunks, done = chunks_of((await ask("POST", PATH, body)).body)
    assert done == b"[DONE]"
    deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
    assert deltas[0] == {"role": "assistant", "content": ""}
    assert "".join(delta.get("content", "") for delta in deltas) == "42!"
    assert chunks[1]["toolmesh"]["event"]["run_started"]["input"] == "2+2?"
    assert [c["finish_reason"] for chunk in chunks for c in chunk["choices"] if c["finish_reason"]] == ["stop"]
    assert (chunks[-1]["choices"], chunks[-1]["usage"]["prompt_tokens"]) == ([], 5)
    assert all(chunk["usage"] is None for chunk in chunks[:-1])


@pytest.mark.parametrize("parallel", [True, False])
async def test_calls_for_the_client_come_back(ask: Any, events: list[Any], parallel: bool) -> None:
    events.append(client_calls())
    body = {"messages": [USER], "tools": [TOOL], "parallel_tool_calls": parallel}
    (choice,) = (await ask("POST", PATH, body)).json["choices"]
    assert (choice["finish_reason"], choice["message"]["content"]) == ("tool_calls", None)
    first = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}
    assert choice["message"]["tool_calls"][0] == first
    assert len(choice["message"]["tool_calls"]) == (2 if parallel else 1)


async def test_calls_for_the_client_come_back_in_chunks(ask: Any, events: list[Any]) -> None:
    events.append(client_calls())
    *chunks, _ = chunks_of((await ask("POST", PATH, {"messages": [USER], "tools": [TOOL], "stream": True})).body)
    calls = [call for chunk in chunks for call in chunk["choices"][0]["delta"].get("tool_calls", [])]
    assert [(call["index"], call["id"]) for call in calls] == [(0, "c1"), (1, "c2")]
    assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"


async def test_a_question_is_an_answer_to_the_client(ask: Any, events: list[Any]) -> None:
    events.append(ended(run_pb2.END_REASON_QUESTION, output="Which city?"))
    (choice,) = (await ask("POST", PATH, {"messages": [USER]})).json["choices"]
    assert (choice["message"]["content"], choice["finish_reason"]) == ("Which city?", "stop")


@pytest.mark.parametrize(
    "reason", [run_pb2.END_REASON_STEP_LIMIT, run_pb2.END_REASON_TOKEN_LIMIT, run_pb2.END_REASON_TIME_LIMIT]
)
async def test_a_limit_ends_with_length_and_no_made_up_answer(ask: Any, events: list[Any], reason: Any) -> None:
    events.append(ended(reason, output="The run reached its limit of 3 steps."))
    answer = (await ask("POST", PATH, {"messages": [USER]})).json
    assert (answer["choices"][0]["message"]["content"], answer["choices"][0]["finish_reason"]) == ("", "length")
    assert answer["toolmesh"]["output"] == "The run reached its limit of 3 steps."


async def test_an_answer_cut_at_its_token_limit_says_length(ask: Any, events: list[Any]) -> None:
    events += [decided(inference_service_pb2.FINISH_REASON_LENGTH), ended(output="4")]
    assert (await ask("POST", PATH, {"messages": [USER]})).json["choices"][0]["finish_reason"] == "length"


@pytest.mark.parametrize(
    ("end", "status", "code"),
    [
        (
            ended(
                run_pb2.END_REASON_PLATFORM_FAILURE,
                error=run_pb2.RunError(code="UNAVAILABLE", reason="INFERENCE_DOWN", message="inference is down"),
            ),
            503,
            "inference_down",
        ),
        (ended(run_pb2.END_REASON_CANCELLED), 499, "run_cancelled"),
        (ended(run_pb2.END_REASON_APPROVAL_REFUSED), 403, "approval_refused"),
        (ended(run_pb2.END_REASON_INTERRUPTED_CALL, output="A call was cut off."), 500, "interrupted_call"),
    ],
)
async def test_a_run_that_fails_is_an_error_and_never_an_answer(
    ask: Any, events: list[Any], end: Any, status: int, code: str
) -> None:
    events.append(end)
    reply = await ask("POST", PATH, {"messages": [USER]})
    assert (reply.status, reply.json["error"]["code"]) == (status, code)
    *_, last = chunks_of((await ask("POST", PATH, {"messages": [USER], "stream": True})).body)
    assert last["error"]["code"] == code


async def test_a_bad_request_has_openais_shape(ask: Any) -> None:
    reply = await ask("POST", PATH, {"messages": [USER], "n": 2})
    assert reply.status == 400
    error = reply.json["error"]
    assert (error["type"], error["param"], error["code"]) == ("invalid_request_error", "n", "invalid_input")


async def test_a_missing_key_has_openais_shape(ask: Any) -> None:
    reply = await ask("POST", PATH, {"messages": [USER]}, key="")
    assert (reply.status, reply.json["error"]["type"]) == (401, "authentication_error")


async def test_a_run_whose_events_stop_is_given_up(ask: Any, upstream: Any, events: list[Any]) -> None:
    events.append(Unavailable("planner is away", reason="GONE_FOR_GOOD"))
    upstream.answers["StreamRunEvents"] = lambda request: events[1:]
    reply = await ask("POST", PATH, {"messages": [USER]})
    assert reply.status == 503
    assert upstream.asked[-1][0].endswith("/CancelRun")
    assert upstream.users[-1] == "main-user"


def test_an_answer_begun_anew_is_not_sent_twice() -> None:
    text = AnswerText()
    sent = text.add("The sum ") + text.add("is ")
    text.begin_anew()
    sent += text.add("The ") + text.add("sum is 4") + text.end("The sum is 4.")
    assert sent == "The sum is 4."
