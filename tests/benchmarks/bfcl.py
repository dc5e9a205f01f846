"""The controller's calls on the Berkeley Function Calling Leaderboard, judged by the leaderboard's own checker.

Runs the real inference and controller services as processes, or asks a running controller (--controller ADDRESS).
`pip install --no-deps bfcl-eval` brings cases and checker. For evaluation only: nothing is tuned on these cases.
"""

import argparse
import asyncio
import importlib.util
import json
import random
import statistics
import sys
import tempfile
import time
import types
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolmesh.chat.v1 import message_pb2
from toolmesh.controller.v1 import controller_service_pb2 as pb
from toolmesh.controller.v1 import controller_service_pb2_grpc as pb_grpc
from toolmesh.tool.v1 import tool_pb2
from toolmesh_core.channel import connect
from toolmesh_testing.processes import process

TYPES = {"dict": "object", "float": "number", "tuple": "array", "any": "string"}
PARTS = {
    "missing_optional": "optional",
    "unexpected_param": "optional",
    "missing_required": "arguments",
    "wrong_func_name": "choice",
    "wrong_count": "choice",
}
TIMEOUT_S = 120.0


@dataclass(frozen=True)
class Case:
    id: str
    question: list[dict[str, str]]
    functions: list[dict[str, Any]]
    possible_answer: list[dict[str, Any]]


@dataclass(frozen=True)
class Outcome:
    """How one case went; `failed` is "" or the part at fault: choice, no call, optional, arguments."""

    id: str
    failed: str
    detail: str
    right_tool: bool
    seconds: float
    output: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder like bfcl_eval/data; default: the installed package's")
    parser.add_argument("--set", choices=("simple_python", "multiple"), default="simple_python", dest="name")
    parser.add_argument("--limit", type=int, default=0, help="a random sample of this many (seed 7); 0 takes all")
    parser.add_argument("--controller", default="", help="gRPC target of a running controller")
    parser.add_argument("--json", action="store_true", help="one JSON object in place of lines to read")
    options = parser.parse_args()
    cases = read_cases(options.data or installed_data(), options.name)
    if options.limit:
        cases = random.Random(7).sample(cases, min(options.limit, len(cases)))
    outcomes = asyncio.run(run(cases, options.name, options.controller))
    report = summary(options.name, outcomes)
    print(json.dumps(report, indent=None if options.json else 2))


def installed_data() -> Path:
    spec = importlib.util.find_spec("bfcl_eval")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("bfcl-eval is not installed: pip install --no-deps bfcl-eval, or give --data")
    return Path(next(iter(spec.submodule_search_locations))) / "data"


def read_cases(data: Path, name: str) -> list[Case]:
    questions = [json.loads(line) for line in (data / f"BFCL_v4_{name}.json").read_text().splitlines()]
    answers = (data / "possible_answer" / f"BFCL_v4_{name}.json").read_text().splitlines()
    truth = {item["id"]: item["ground_truth"] for item in map(json.loads, answers)}
    return [Case(item["id"], item["question"][0], item["function"], truth[item["id"]]) for item in questions]


async def run(cases: list[Case], name: str, controller: str) -> list[Outcome]:
    async with a_controller(controller) as address, connect(address, default_timeout_s=TIMEOUT_S) as channel:
        stub = pb_grpc.ControllerServiceStub(channel)
        await decide(stub, cases[0])
        return [await judge(stub, case, name) for case in cases]


@asynccontextmanager
async def a_controller(address: str) -> AsyncIterator[str]:
    """The given controller, or one of our own with the default model."""
    if address:
        yield address
        return
    with tempfile.TemporaryDirectory() as folder:
        quiet = Path(folder) / "log"
        env = {"TOOLMESH_INFERENCE_DATA_DIR": folder, "TOOLMESH_CONTROLLER_DATA_DIR": folder}
        async with process("toolmesh_inference", env, log_path=quiet) as inference:
            env["TOOLMESH_CONTROLLER_INFERENCE_ADDRESS"] = inference.address
            async with process("toolmesh_controller", env, log_path=quiet) as own:
                yield own.address


async def judge(stub: pb_grpc.ControllerServiceStub, case: Case, name: str) -> Outcome:
    began = time.perf_counter()
    decision = await decide(stub, case)
    seconds = time.perf_counter() - began
    calls = [{call.tool: json.loads(call.arguments_json)} for call in decision.tool_calls.calls]
    wanted = safe_name(next(iter(case.possible_answer[0])))
    right_tool = len(calls) == 1 and wanted in calls[0]
    output = json.dumps(calls) if calls else decision.answer or decision.question
    if not calls:
        return Outcome(case.id, "no call", decision.WhichOneof("outcome"), right_tool, seconds, output)
    verdict = check(case, calls, name)
    if verdict["valid"]:
        return Outcome(case.id, "", "", right_tool, seconds, output)
    kind = verdict["error_type"].rpartition(":")[2]
    part = "choice" if not right_tool else PARTS.get(kind, "arguments")
    return Outcome(case.id, part, verdict["error_type"], right_tool, seconds, output)


async def decide(stub: pb_grpc.ControllerServiceStub, case: Case) -> Any:
    """The decision for a case: its functions as candidates without scores, temperature 0."""
    roles = {"system": message_pb2.ROLE_SYSTEM, "user": message_pb2.ROLE_USER, "assistant": message_pb2.ROLE_ASSISTANT}
    request = pb.DecideRequest(
        messages=[message_pb2.Message(role=roles[turn["role"]], content=turn["content"]) for turn in case.question],
        candidates=[pb.Candidate(tool=as_tool(function)) for function in case.functions],
    )
    request.sampling.temperature = 0.0
    decision = None
    async for response in stub.Decide(request):
        decision = response.decision
    return decision


def as_tool(function: dict[str, Any]) -> tool_pb2.Tool:
    """A function of the leaderboard as a tool: its type words become JSON Schema's, dots in its name underscores."""
    return tool_pb2.Tool(
        name=safe_name(function["name"]),
        description=function["description"],
        arguments_schema_json=json.dumps(as_schema(function["parameters"])),
    )


def as_schema(node: Any) -> Any:
    if isinstance(node, list):
        return [as_schema(item) for item in node]
    if not isinstance(node, dict):
        return node
    schema = {}
    for key, value in node.items():
        if key == "properties":
            schema[key] = {name: as_schema(child) for name, child in value.items()}
        elif key == "type" and isinstance(value, str):
            schema[key] = TYPES.get(value, value)
        elif key not in ("optional", "format") and not (key == "required" and isinstance(value, bool)):
            schema[key] = value if key in ("default", "enum", "required") else as_schema(value)
    return schema


def safe_name(name: str) -> str:
    return name.replace(".", "_")


def check(case: Case, calls: list[dict[str, Any]], name: str) -> dict[str, Any]:
    checker, language = load_checker()
    verdict: dict[str, Any] = checker.ast_checker(
        case.functions, calls, case.possible_answer, language, name, "toolmesh"
    )
    return verdict


def load_checker() -> tuple[Any, Any]:
    """The leaderboard's checker. What it imports for other languages and for its own list of models is stood in for:
    they need a dozen packages and take no part in judging Python calls."""
    prefix = "bfcl_eval.eval_checker.ast_eval.type_convertor"
    stand_ins: dict[str, dict[str, Any]] = {
        "bfcl_eval.constants.model_config": {
            "MODEL_CONFIG_MAPPING": {"toolmesh": types.SimpleNamespace(underscore_to_dot=True)}
        },
        f"{prefix}.java_type_converter": {"java_type_converter": None},
        f"{prefix}.js_type_converter": {"js_type_converter": None},
    }
    for module_name, attributes in stand_ins.items():
        if module_name not in sys.modules:
            module = types.ModuleType(module_name)
            vars(module).update(attributes)
            sys.modules[module_name] = module
    from bfcl_eval.constants.enums import Language
    from bfcl_eval.eval_checker.ast_eval import ast_checker

    return ast_checker, Language.PYTHON


def summary(name: str, outcomes: list[Outcome]) -> dict[str, Any]:
    times = sorted(outcome.seconds for outcome in outcomes)
    right = sum(not outcome.failed for outcome in outcomes)
    return {
        "set": name,
        "cases": len(outcomes),
        "right": right,
        "accuracy": round(right / len(outcomes), 4),
        "right_tool": round(sum(outcome.right_tool for outcome in outcomes) / len(outcomes), 4),
        "failed": dict(Counter(outcome.failed for outcome in outcomes if outcome.failed).most_common()),
        "detail": dict(Counter(outcome.detail for outcome in outcomes if outcome.failed).most_common()),
        "mean_s": round(statistics.fmean(times), 3),
        "p50_s": round(statistics.median(times), 3),
        "p95_s": round(times[min(len(times) - 1, int(0.95 * len(times)))], 3),
    }


if __name__ == "__main__":
    main()
