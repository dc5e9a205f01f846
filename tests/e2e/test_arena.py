"""The arena on a whole platform: the default model, plain and with an adapter, the real tools, one person who votes."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gguf
import httpx
import numpy as np
import pytest
from fixtures.running_platform import RunningPlatform, start_platform, stop_platform

QUESTION = "What is 12.5 * 8?"
ENDS_WITHIN_S = 90.0
_WIDTH, _RANK = 576, 4


def write_adapter(path: Path) -> None:
    """A LoRA adapter for SmolLM2-135M that changes very little."""
    draw = np.random.default_rng(0)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", float(_RANK))
    name = "blk.0.attn_q.weight"
    writer.add_tensor(f"{name}.lora_a", draw.standard_normal((_RANK, _WIDTH)).astype(np.float32) / 1000)
    writer.add_tensor(f"{name}.lora_b", draw.standard_normal((_WIDTH, _RANK)).astype(np.float32) / 1000)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPlatform]:
    folder = tmp_path_factory.mktemp("arena")
    write_adapter(folder / "tuned.gguf")
    adapters = f"tuned={folder / 'tuned.gguf'}"
    running = start_platform(folder / "data", TOOLMESH_INFERENCE_LLM_ADAPTERS=adapters)
    yield running
    stop_platform(running)


@pytest.fixture(scope="module")
def battle(platform: RunningPlatform) -> dict[str, Any]:
    """One that has ended."""
    with platform.http() as client:
        body = {"input": QUESTION, "limits": {"max_steps": 4}}
        begun = client.post("/v1/arena/battles", json=body, headers={"Idempotency-Key": "first"}).json()
        assert begun["state"] == "running", begun
        again = client.post("/v1/arena/battles", json=body, headers={"Idempotency-Key": "first"}).json()
        assert again["id"] == begun["id"]
        return _ended(client, begun["id"])


def _ended(client: httpx.Client, battle: str) -> dict[str, Any]:
    until = time.monotonic() + ENDS_WITHIN_S
    while time.monotonic() < until:
        found: dict[str, Any] = client.get(f"/v1/arena/battles/{battle}").json()
        if found["state"] != "running":
            return found
        time.sleep(0.3)
    raise AssertionError(f"{battle} still runs after {ENDS_WITHIN_S} s")


@pytest.mark.timeout(150)
def test_two_hidden_agents_answer_with_the_real_tools(battle: dict[str, Any]) -> None:
    assert battle["state"] == "ready", battle
    for side in (battle["side_a"], battle["side_b"]):
        assert "100" in side["answer"]
        assert side["tool_calls"][0]["tool"] == "calculate"
        assert "agent" not in side


def test_nothing_of_a_battle_is_in_the_askers_list_of_runs(platform: RunningPlatform, battle: dict[str, Any]) -> None:
    with platform.http() as client:
        assert client.get("/v1/runs").json()["runs"] == []


def test_a_vote_by_the_command_line_reveals_both_and_counts_once(
    platform: RunningPlatform, battle: dict[str, Any]
) -> None:
    voted = json.loads(platform.cli("arena", "vote", battle["id"], "a", "--json"))
    names = {voted["side_a"]["agent"]["name"], voted["side_b"]["agent"]["name"]}
    assert len(names) == 2
    assert names <= {agent["name"] for agent in json.loads(platform.cli("arena", "agents", "list", "--json"))}
    with platform.http() as client:
        repeated = client.post(f"/v1/arena/battles/{battle['id']}:vote", json={"outcome": "b"})
    assert (repeated.status_code, repeated.json()["reason"]) == (409, "ALREADY_VOTED")
    board = json.loads(platform.cli("arena", "leaderboard", "--json"))
    assert board["votes"] == 1
    # The third agent, the model with the packaged adapter, has met nobody yet.
    assert sorted(standing["elo"] for standing in board["standings"]) == [984, 1000, 1016]
    assert platform.cli("arena", "leaderboard").splitlines()[1].startswith("1")


@pytest.mark.timeout(150)
def test_a_battle_by_the_command_line_shows_both_answers_side_by_side(platform: RunningPlatform) -> None:
    shown = platform.cli("arena", "battle", QUESTION)
    assert shown.count("calculate(") >= 2
    assert "100" in shown


def test_nobody_votes_without_a_key(platform: RunningPlatform, battle: dict[str, Any]) -> None:
    with httpx.Client(base_url=platform.url, trust_env=False) as stranger:
        refused = stranger.post(f"/v1/arena/battles/{battle['id']}:vote", json={"outcome": "a"})
    assert refused.status_code == 401
