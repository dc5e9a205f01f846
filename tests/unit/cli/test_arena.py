"""`toolmesh arena`: answers side by side, votes, the leaderboard, agents."""

from typing import Any

import httpx
import pytest

USE = {"tool": "calculate", "arguments": {"expression": "2+2"}, "output": 4}
READY = {
    "id": "battle_1",
    "input": "2+2?",
    "state": "ready",
    "side_a": {"ended": True, "answer": "It is 4.", "tool_calls": [USE]},
    "side_b": {"ended": True, "answer": "Perhaps \x1b[31m5", "tool_calls": [{"tool": "pay", "failure": "no money"}]},
}
RUNNING = {"id": "battle_1", "input": "2+2?", "state": "running", "side_a": {}, "side_b": {}}
VOTED = READY | {
    "vote": "a",
    "side_a": READY["side_a"] | {"agent": {"name": "tuned", "model": "smol"}},
    "side_b": READY["side_b"] | {"agent": {"name": "plain", "model": "smol"}},
}


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("toolmesh_sdk.sync_transport.SyncTransport.pause", lambda self, seconds: None)


def test_a_battle_shows_both_sides_and_how_to_vote(toolmesh: Any, platform: Any) -> None:
    platform.answers["POST /v1/arena/battles"] = RUNNING
    platform.answers["GET /v1/arena/battles/battle_1"] = [RUNNING, READY]
    outcome = toolmesh("arena", "battle", "2+2?", "--tools", "calculate, pay")
    assert outcome.code == 0
    assert (platform.bodies[0]["input"], platform.bodies[0]["tools"]) == ("2+2?", ["calculate", "pay"])
    for text in ('calculate({"expression": "2+2"})', "-> 4", "-> no money", "It is 4.", "Perhaps ␛[31m5"):
        assert text in outcome.out
    answers = next(line for line in outcome.out.splitlines() if "It is 4." in line)
    assert "Perhaps" in answers
    assert "toolmesh arena vote battle_1 a" in outcome.err


def test_a_battle_for_machines_is_one_document_once_it_has_ended(toolmesh: Any, platform: Any) -> None:
    platform.answers["POST /v1/arena/battles"] = RUNNING
    platform.answers["GET /v1/arena/battles/battle_1"] = READY
    outcome = toolmesh("arena", "battle", "2+2?", "--json")
    assert (outcome.json["state"], outcome.json["side_a"]["agent"]) == ("ready", None)


def test_at_a_terminal_the_vote_is_asked_for_until_it_is_one(
    toolmesh: Any, platform: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = iter(["left", " B "])
    monkeypatch.setattr("toolmesh_cli.commands.arena.can_ask", lambda: True)
    monkeypatch.setattr("typer.prompt", lambda text, err: next(said))
    platform.answers["POST /v1/arena/battles"] = RUNNING
    platform.answers["GET /v1/arena/battles/battle_1"] = READY
    platform.answers["POST /v1/arena/battles/battle_1:vote"] = VOTED
    outcome = toolmesh("arena", "battle", "2+2?")
    assert platform.bodies[-1]["outcome"] == "b"
    assert outcome.out.endswith("A was tuned\nB was plain\n")


def test_a_failed_battle_leaves_with_1(toolmesh: Any, platform: Any) -> None:
    failed = READY | {"state": "failed", "side_b": {"ended": True, "error": "inference is down"}}
    platform.answers["GET /v1/arena/battles/battle_1"] = failed
    outcome = toolmesh("arena", "show", "battle_1")
    assert outcome.code == 1
    assert "inference is down" in outcome.out
    assert "nothing to vote on" in outcome.err


def test_a_vote_tells_who_they_were(toolmesh: Any, platform: Any) -> None:
    platform.answers["POST /v1/arena/battles/battle_1:vote"] = VOTED
    assert toolmesh("arena", "vote", "battle_1", "both_bad").out == "A was tuned\nB was plain\n"
    assert platform.bodies[0]["outcome"] == "both_bad"
    assert toolmesh("arena", "vote", "battle_1", "a", "--json").json["side_a"]["agent"]["name"] == "tuned"
    assert toolmesh("arena", "vote", "battle_1", "left").code == 2


def test_a_refused_vote_says_why(toolmesh: Any, platform: Any) -> None:
    problem = {"status": 403, "detail": "one of the two is yours", "code": "PERMISSION_DENIED", "reason": "OWN_AGENT"}
    platform.answers["POST /v1/arena/battles/battle_1:vote"] = httpx.Response(403, json=problem)
    outcome = toolmesh("arena", "vote", "battle_1", "a")
    assert outcome.code == 1
    assert "one of the two is yours" in outcome.err


def test_the_leaderboard_is_a_table(toolmesh: Any, platform: Any) -> None:
    strength = {"rating": 1087.4, "low": 1001.2, "high": 1180.9}
    first = {"place": 1, "agent": {"name": "tuned"}, "elo": 1016, "bradley_terry": strength, "battles": 3, "wins": 2}
    last = {"place": 2, "agent": {"name": "old"}, "retired": True, "elo": 1000}
    platform.answers["GET /v1/arena/leaderboard"] = {"standings": [first, last], "votes": 1}
    outcome = toolmesh("arena", "leaderboard")
    rows = [line.split() for line in outcome.out.splitlines()[1:]]
    assert rows[0] == ["1", "tuned", "1087", "1001", "to", "1181", "1016", "3", "2", "0"]
    assert rows[1][:3] == ["2", "old", "(retired)"]
    assert "from 1 vote" in outcome.err
    assert toolmesh("arena", "leaderboard", "--json").json["votes"] == 1


def test_battles_are_listed(toolmesh: Any, platform: Any) -> None:
    platform.answers["GET /v1/arena/battles"] = {"battles": [VOTED, RUNNING | {"id": "battle_2"}]}
    lines = toolmesh("arena", "list").out.splitlines()
    assert lines[1].split()[-3:] == ["ready", "a", "2+2?"]
    assert len(toolmesh("arena", "list", "--limit", "1", "--json").json) == 1


def test_agents_are_listed_added_and_removed(toolmesh: Any, platform: Any) -> None:
    agent = {"name": "mine", "model": "smol", "adapter": "v1", "owner": "ada"}
    platform.answers["GET /v1/arena/agents"] = {"agents": [agent, {"name": "plain", "model": "smol"}]}
    platform.answers["POST /v1/arena/agents"] = agent
    platform.answers["DELETE /v1/arena/agents/mine"] = {}
    assert toolmesh("arena", "agents", "list").out.splitlines()[2].split() == ["plain", "smol", "-", "the", "platform"]
    added = toolmesh("arena", "agents", "add", "mine", "--adapter", "v1")
    assert added.out == "added mine: smol with v1\n"
    assert "others have to judge it" in added.err
    assert platform.bodies[-1] == {"name": "mine", "adapter": "v1"}
    assert toolmesh("arena", "agents", "remove", "mine").out == "removed mine\n"
    assert toolmesh("arena", "agents", "remove", "mine", "--json").json == {"name": "mine"}


def test_an_empty_request_is_a_usage_error(toolmesh: Any, platform: Any) -> None:
    assert toolmesh("arena", "battle", " ").code == 2
    assert platform.asked == []
