"""Tool retrieval over Seal-Tools: recall@5, NDCG@5 and time at the SearchTools RPC, beside plain BM25.

`python tests/benchmarks/tool_retrieval.py --data FOLDER [--json]`; FOLDER holds tool.jsonl and the two test files.
The retriever runs as in production, with the real inference service as a process; only the router is a stand-in.
"""

import argparse
import asyncio
import json
import math
import re
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from toolmesh.retriever.v1 import retriever_service_pb2, retriever_service_pb2_grpc
from toolmesh.tool.v1 import tool_pb2
from toolmesh.tool_router.v1 import tool_router_service_pb2, tool_router_service_pb2_grpc
from toolmesh_core.channel import connect
from toolmesh_core.service import Service
from toolmesh_testing import process, serving

TEST_FILES = {"in domain": "test_in_domain.jsonl", "out of domain": "test_out_domain.jsonl"}
DEV_FILE = {"dev": "dev.jsonl"}
TOP_K = 5
WARM_UP_REQUESTS = 50
ROUNDS = 5
LONGEST_EMBEDDING_S = 1800
JSON_TYPES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean", "list": "array"}


@dataclass(frozen=True)
class Question:
    """A request and the tools that are right for it."""

    text: str
    gold: frozenset[str]


@dataclass(frozen=True)
class Quality:
    """Means over the questions of one file."""

    recall_at_5: float
    ndcg_at_5: float


@dataclass(frozen=True)
class Report:
    """What is printed. Times are milliseconds at the caller, medians over the rounds."""

    searcher: str
    file: str
    quality: Quality
    p50_ms: float | None = None
    p95_ms: float | None = None


class Bm25:
    """Plain BM25, k1 = 1.5, b = 0.75: lower-case words, camelCase split, nothing else."""

    def __init__(self, texts: dict[str, str], k1: float = 1.5, b: float = 0.75) -> None:
        self._names = list(texts)
        words = [Counter(_words(text)) for text in texts.values()]
        lengths = [count.total() for count in words]
        mean = sum(lengths) / len(lengths)
        found_in = Counter(word for count in words for word in count)
        self._impacts: dict[str, list[tuple[int, float]]] = {}
        for number, count in enumerate(words):
            norm = k1 * (1 - b + b * lengths[number] / mean)
            for word, times in count.items():
                idf = math.log1p((len(words) - found_in[word] + 0.5) / (found_in[word] + 0.5))
                impact = idf * times * (k1 + 1) / (times + norm)
                self._impacts.setdefault(word, []).append((number, impact))

    def search(self, query: str) -> list[str]:
        """The best names first; every repeat of a word counts."""
        scores = [0.0] * len(self._names)
        for word in _words(query):
            for number, impact in self._impacts.get(word, ()):
                scores[number] += impact
        best = sorted(range(len(scores)), key=lambda number: (-scores[number], number))[:TOP_K]
        return [self._names[number] for number in best]


class StandInRouter(tool_router_service_pb2_grpc.ToolRouterServiceServicer):
    """Tells a fixed registry."""

    def __init__(self, tools: Sequence[tool_pb2.Tool]) -> None:
        self._tools = tools

    async def WatchTools(
        self, request: tool_router_service_pb2.WatchToolsRequest, context: Any
    ) -> AsyncIterator[tool_router_service_pb2.WatchToolsResponse]:
        """The snapshot, then nothing."""
        snapshot = tool_router_service_pb2.ToolSnapshot(tools=self._tools)
        yield tool_router_service_pb2.WatchToolsResponse(snapshot=snapshot)
        await asyncio.Event().wait()


def quality(questions: Sequence[Question], found: Iterable[Sequence[str]]) -> Quality:
    """Recall: the share of a question's distinct right tools among the top 5. NDCG with gains of 0 and 1."""
    recall = ndcg = 0.0
    for question, names in zip(questions, found, strict=True):
        hits = [name in question.gold for name in names[:TOP_K]]
        recall += sum(hits) / len(question.gold)
        ideal = sum(1 / math.log2(rank + 2) for rank in range(min(TOP_K, len(question.gold))))
        ndcg += sum(hit / math.log2(rank + 2) for rank, hit in enumerate(hits)) / ideal
    return Quality(round(recall / len(questions), 4), round(ndcg / len(questions), 4))


def tool_message(row: dict[str, Any]) -> tool_pb2.Tool:
    """A row of tool.jsonl as the router would tell it."""
    return tool_pb2.Tool(
        name=row["api_name"],
        description=row["api_description"],
        arguments_schema_json=json.dumps(_schema(row["parameters"])),
        output_schema_json=json.dumps(_schema(row["responses"])),
    )


async def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--dev", action="store_true", help="measure on dev.jsonl, which the weights were made from")
    options = parser.parse_args()
    rows = _rows(options.data / "tool.jsonl")
    files = {name: _questions(options.data / file) for name, file in (DEV_FILE if options.dev else TEST_FILES).items()}
    reports = [
        *_bm25("BM25, name + description + parameters", rows, files, lambda row: _text(row, "parameters")),
        *_bm25("BM25, the same + output", rows, files, lambda row: _text(row, "parameters", "responses")),
        *await _ours([tool_message(row) for row in rows], files),
    ]
    for report in reports:
        print(json.dumps(asdict(report)) if options.json else _line(report))


def _bm25(
    name: str, rows: list[dict[str, Any]], files: dict[str, list[Question]], text: Callable[[dict[str, Any]], str]
) -> list[Report]:
    searcher = Bm25({row["api_name"]: text(row) for row in rows})
    return [
        Report(name, file, quality(questions, [searcher.search(question.text) for question in questions]))
        for file, questions in files.items()
    ]


async def _ours(tools: Sequence[tool_pb2.Tool], files: dict[str, list[Question]]) -> list[Report]:
    registration = (tool_router_service_pb2_grpc.add_ToolRouterServiceServicer_to_server, StandInRouter(tools))  # type: ignore[abstract]
    with tempfile.TemporaryDirectory() as folder:
        async with (
            serving(Service([registration])) as router,
            process("toolmesh_inference", {"TOOLMESH_INFERENCE_DATA_DIR": f"{folder}/inference"}) as inference,
            process(
                "toolmesh_retriever",
                {
                    "TOOLMESH_RETRIEVER_DATA_DIR": f"{folder}/retriever",
                    "TOOLMESH_RETRIEVER_TOOL_ROUTER_ADDRESS": router,
                    "TOOLMESH_RETRIEVER_INFERENCE_ADDRESS": inference.address,
                },
            ) as retriever,
            connect(retriever.address) as channel,
        ):
            stub = retriever_service_pb2_grpc.RetrieverServiceStub(channel)
            await _until_embedded(stub, len(tools))
            return [await _measured("ours", file, stub, questions) for file, questions in files.items()]


async def _measured(name: str, file: str, stub: Any, questions: Sequence[Question]) -> Report:
    for question in questions[:WARM_UP_REQUESTS]:
        await stub.SearchTools(retriever_service_pb2.SearchToolsRequest(query=question.text))
    rounds = [await _round(stub, questions) for _ in range(ROUNDS)]
    p50 = statistics.median(_share(times, 0.5) for times, _ in rounds)
    p95 = statistics.median(_share(times, 0.95) for times, _ in rounds)
    return Report(name, file, quality(questions, rounds[0][1]), round(p50, 2), round(p95, 2))


async def _round(stub: Any, questions: Sequence[Question]) -> tuple[list[float], list[list[str]]]:
    """Milliseconds and found names of each question."""
    found, times = [], []
    for question in questions:
        begin = time.perf_counter()
        response = await stub.SearchTools(retriever_service_pb2.SearchToolsRequest(query=question.text, top_k=TOP_K))
        times.append((time.perf_counter() - begin) * 1000)
        found.append([result.tool.name for result in response.results])
    return times, found


def _share(times: list[float], share: float) -> float:
    return sorted(times)[int(len(times) * share)]


async def _until_embedded(stub: Any, count: int) -> None:
    """Asks in words that no tool has, so that vectors are wanted, until all tools have theirs."""
    async with asyncio.timeout(LONGEST_EMBEDDING_S):
        searched, degraded = 0, "not asked yet"
        while searched < count or degraded:
            await asyncio.sleep(1)
            response = await stub.SearchTools(retriever_service_pb2.SearchToolsRequest(query="天气"))
            searched, degraded = response.searched, response.degraded


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def _questions(path: Path) -> list[Question]:
    return [Question(row["query"], frozenset(call["api"] for call in row["calling"])) for row in _rows(path)]


def _text(row: dict[str, Any], *parts: str) -> str:
    words = [row["api_name"], row["api_description"]]
    words += [f"{name} {value.get('description', '')}" for part in parts for name, value in row[part].items()]
    return " ".join(words)


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", text).lower())


def _schema(properties: dict[str, dict[str, str]]) -> dict[str, Any]:
    described = {
        name: {"type": JSON_TYPES.get(value.get("type", ""), "string"), "description": value.get("description", "")}
        for name, value in properties.items()
    }
    return {"type": "object", "properties": described}


def _line(report: Report) -> str:
    timing = "" if report.p50_ms is None else f"  p50 {report.p50_ms:6.2f} ms  p95 {report.p95_ms:6.2f} ms"
    figures = f"recall@5 {report.quality.recall_at_5:.4f}  NDCG@5 {report.quality.ndcg_at_5:.4f}"
    return f"{report.searcher:40} {report.file:14} {figures}{timing}"


if __name__ == "__main__":
    asyncio.run(main())
