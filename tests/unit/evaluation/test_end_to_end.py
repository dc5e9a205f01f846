"""One evaluation with the real controller process; only inference is scripted."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from fixtures.scripted_inference import ScriptedInference
from typer.testing import CliRunner

from toolmesh.inference.v1 import inference_service_pb2_grpc
from toolmesh_cli.app import app
from toolmesh_core.errors import InvalidInput, Unavailable
from toolmesh_core.service import Service
from toolmesh_dialogues.dialogue import Dialogue, DialogueCall, DialogueHeader, DialogueMessage, DialogueTool
from toolmesh_dialogues.dialogue_file import write_dialogues
from toolmesh_evaluation.case import Case, Observed, Scored
from toolmesh_evaluation.evaluate import ask_all, drawn
from toolmesh_evaluation.judge_calls import judge_calls
from toolmesh_evaluation.run_evaluation import EvaluationOptions, run_evaluation
from toolmesh_evaluation.services import ModelChoice
from toolmesh_testing.processes import process
from toolmesh_testing.serving import serving

ADD = DialogueTool(
    "add_numbers",
    "Adds two numbers.",
    {
        "type": "object",
        "properties": {"first": {"type": "number"}, "second": {"type": "number"}},
        "required": ["first", "second"],
    },
)
WEATHER = DialogueTool(
    "weather_report",
    "Tells the weather of a city.",
    {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)


def dialogue(number: int) -> Dialogue:
    call = DialogueCall("c", ADD.name, {"first": number, "second": 5})
    messages = (
        DialogueMessage("user", f"Add the numbers {number} and 5"),
        DialogueMessage("assistant", "", (call,)),
        DialogueMessage("tool", str(number + 5), tool_call_id="c", tool=ADD.name),
        DialogueMessage("assistant", f"The sum is {number + 5}."),
    )
    return Dialogue(f"d{number}", "common_api", "en", "test", (ADD, WEATHER), messages)


@asynccontextmanager
async def a_controller(folder: Path) -> AsyncIterator[str]:
    """A controller process whose model answers "The sum is N." in any case."""
    scripted = ScriptedInference(default="The sum is 7.")
    registration = (inference_service_pb2_grpc.add_InferenceServiceServicer_to_server, scripted)
    async with serving(Service([registration])) as inference:
        env = {
            "TOOLMESH_CONTROLLER_DATA_DIR": str(folder / "controller"),
            "TOOLMESH_CONTROLLER_INFERENCE_ADDRESS": inference,
        }
        async with process("toolmesh_controller", env) as running:
            yield running.address


async def test_a_set_is_asked_of_the_controller_and_reported(tmp_path: Path) -> None:
    data = tmp_path / "sums.jsonl"
    write_dialogues(data, DialogueHeader("sums", 1), [dialogue(number) for number in (2, 3, 4)])
    counts: list[int] = []
    done: list[str] = []
    async with a_controller(tmp_path) as address:
        options = EvaluationOptions("dialogues", tmp_path / "out", data, controller=address, command="again")
        summary = await run_evaluation(options, on_ready=counts.append, on_done=lambda item: done.append(item.case.id))
    metrics = summary["figures"]["whole"]["metrics"]
    assert counts == [6]
    assert sorted(done) == ["d2#1", "d2#3", "d3#1", "d3#3", "d4#1", "d4#3"]
    assert (metrics["action_em"]["mean"], metrics["argument_f1"]["mean"]) == (1.0, 1.0)
    assert metrics["abstention"]["mean"] == 1.0
    results = [json.loads(line) for line in (tmp_path / "out/results.jsonl").read_text().splitlines()]
    assert {item["id"]: item["scores"].get("rouge_l") for item in results}["d2#3"] == 1.0
    assert summary["command"] == "again"
    assert (tmp_path / "out/report.html").exists()


async def test_tools_that_are_not_given_are_found_by_the_real_retriever(tmp_path: Path) -> None:
    data = tmp_path / "sums.jsonl"
    write_dialogues(data, DialogueHeader("sums", 1), [dialogue(2)])
    async with a_controller(tmp_path) as address:
        options = EvaluationOptions("dialogues", tmp_path / "out", data, tools="retrieved", controller=address)
        summary = await run_evaluation(options, on_ready=lambda _: None, on_done=lambda _: None)
    metrics = summary["figures"]["whole"]["metrics"]
    assert metrics["retrieval_recall@1"]["mean"] == 1.0
    assert metrics["action_em"]["mean"] == 1.0


async def test_the_command_line_measures_and_writes_json(tmp_path: Path) -> None:
    data = tmp_path / "sums.jsonl"
    write_dialogues(data, DialogueHeader("sums", 1), [dialogue(number) for number in (2, 3)])
    async with a_controller(tmp_path) as address:
        arguments = ["eval", "dialogues", "--data", str(data), "--controller", address, "--limit", "2", "--json"]
        done = await asyncio.to_thread(CliRunner().invoke, app, [*arguments, "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    summary = json.loads(done.stdout)
    assert summary["figures"]["whole"]["cases"] == 2
    assert summary["cases_in_set"] == 4


def cases(count: int) -> list[Case]:
    message = (DialogueMessage("user", "hello"),)
    return [Case(str(number), str(number), "k", "en", message, "no_call") for number in range(count)]


def test_the_same_seed_draws_the_same_cases_in_the_sets_order() -> None:
    first = drawn(cases(50), 10, 7)
    assert first == drawn(cases(50), 10, 7)
    assert first != drawn(cases(50), 10, 8)
    assert [int(case.id) for case in first] == sorted(int(case.id) for case in first)
    assert len(drawn(cases(5), 0, 7)) == len(drawn(cases(5), 9, 7)) == 5


async def test_no_more_cases_are_asked_at_once_than_allowed() -> None:
    running, most = 0, 0

    async def ask(_: Case) -> Observed:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return Observed(text="Hi.")

    done: list[Scored] = []
    found = await ask_all(cases(9), ask, judge_calls, parallel=3, on_done=done.append)
    assert most == 3
    assert [item.case.id for item in found] == [str(number) for number in range(9)]
    assert len(done) == 9


async def test_a_service_that_goes_away_ends_the_evaluation_and_is_no_wrong_answer() -> None:
    async def ask(_: Case) -> Observed:
        raise Unavailable("the controller is gone")

    with pytest.raises(Unavailable, match="gone"):
        await ask_all(cases(3), ask, judge_calls, parallel=2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"choice": ModelChoice(openai="http://127.0.0.1:9/v1")}, "--openai needs --model"),
        ({"choice": ModelChoice(model="nowhere.gguf")}, "nowhere.gguf is not there"),
        ({"choice": ModelChoice(adapter="nowhere.gguf")}, "nowhere.gguf is not there"),
        ({"choice": ModelChoice(model="x.gguf"), "controller": "localhost:1"}, "name one in place of a file"),
        ({"limit": -1}, "got -1"),
    ],
)
async def test_options_that_cannot_be_met_are_refused(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    data = tmp_path / "sums.jsonl"
    write_dialogues(data, DialogueHeader("sums", 1), [dialogue(2)])
    with pytest.raises(InvalidInput, match=message):
        await run_evaluation(
            EvaluationOptions("dialogues", tmp_path, data, **options), on_ready=lambda _: None, on_done=lambda _: None
        )


def test_a_model_is_an_id_or_a_file_or_a_name_at_a_server(tmp_path: Path) -> None:
    for name in ("m.gguf", "a.gguf"):
        (tmp_path / name).touch()
    files = ModelChoice(str(tmp_path / "m.gguf"), str(tmp_path / "a.gguf"))
    assert files.settings() == {
        "TOOLMESH_INFERENCE_LLM_MODEL_PATH": str(tmp_path / "m.gguf"),
        "TOOLMESH_INFERENCE_LLM_ADAPTERS": f"a={tmp_path / 'a.gguf'}",
    }
    assert (files.model_id, files.adapter_id) == ("", "a")
    served = ModelChoice("smollm2", "tools")
    assert (served.settings(), served.model_id, served.adapter_id) == ({}, "smollm2", "tools")
    remote = ModelChoice("qwen", openai="http://127.0.0.1:8000/v1").settings()
    assert remote["TOOLMESH_INFERENCE_DEFAULT_LLM"] == remote["TOOLMESH_INFERENCE_OPENAI_MODEL"] == "qwen"
