"""Specs that are refused, conditions, drift, and whose turn it is."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from toolmesh_core.errors import InvalidInput
from toolmesh_tool_operator.domain.drift import differs
from toolmesh_tool_operator.domain.pod_trouble import trouble_of
from toolmesh_tool_operator.domain.schedule import Schedule
from toolmesh_tool_operator.domain.status import Finding, failed, findings, status_of
from toolmesh_tool_operator.settings import ToolOperatorSettings

REVISION = {"toolmesh.dev/revision": "r1"}
NOW = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"source": {"configMap": "x"}, "image": "y"}, "either image or source"),
        ({"image": ""}, "spec.image"),
        ({"replicas": 1, "autoscaling": {"max": 2}}, "either replicas or autoscaling"),
        ({"autoscaling": {"min": 3, "max": 2}}, "min 3 is over max 2"),
        ({"network": {"egress": [{"cidr": "everywhere"}]}}, "spec.network.egress.0.cidr"),
        ({"colour": "red"}, "spec.colour"),
    ],
)
def test_a_spec_that_cannot_be_meant_is_refused_with_its_place(tool: Any, spec: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInput, match=words.replace(".", r"\.")):
        tool(**spec)


def deployment(wanted: int = 2, **status: Any) -> dict[str, Any]:
    template = {"metadata": {"labels": REVISION}}
    return {
        "metadata": {"generation": 3},
        "spec": {"replicas": wanted, "template": template},
        "status": {"observedGeneration": 3, **status},
    }


def pod(labels: dict[str, str], **container: Any) -> dict[str, Any]:
    status = {"containerStatuses": [{"ready": False, "restartCount": 0, **container}]}
    return {"metadata": {"name": "greeting-1", "labels": labels}, "status": status}


def test_it_is_ready_when_all_wanted_pods_of_this_version_are() -> None:
    done = findings(deployment(replicas=2, updatedReplicas=2, readyReplicas=2), [])
    assert done["Ready"] == Finding(True, "ReplicasReady", "2 of 2 replicas ready")
    assert not done["Progressing"].status
    assert not done["Degraded"].status


@pytest.mark.parametrize(
    "status",
    [
        {"replicas": 2, "updatedReplicas": 2, "readyReplicas": 1},
        {"replicas": 3, "updatedReplicas": 2, "readyReplicas": 3},
        {"replicas": 2, "updatedReplicas": 2, "readyReplicas": 2, "observedGeneration": 2},
    ],
    ids=["one is not ready", "one is of the old version", "the controller has not seen it"],
)
def test_it_is_under_way_until_then(status: dict[str, int]) -> None:
    told = findings(deployment(**status), [])
    assert (told["Ready"].status, told["Progressing"].status, told["Degraded"].status) == (False, True, False)


def test_a_container_that_crashes_shows_its_last_words() -> None:
    ended = {"terminated": {"exitCode": 1, "reason": "Error", "message": "KeyError: 'RATES_API_KEY'\n"}}
    crashing = pod(REVISION, state={"waiting": {"reason": "CrashLoopBackOff"}}, lastState=ended, restartCount=4)
    told = findings(deployment(replicas=2, updatedReplicas=1, readyReplicas=1), [crashing])
    assert told["Degraded"].reason == "CrashLoopBackOff"
    assert "exit code 1 (Error): …KeyError: 'RATES_API_KEY'" in told["Degraded"].message
    assert told["Ready"].message.startswith("1 of 2 replicas ready; pod greeting-1")


def test_a_pod_that_no_node_takes_is_told() -> None:
    unplaced = pod(REVISION)
    unplaced["status"] = {"conditions": [{"type": "PodScheduled", "reason": "Unschedulable", "message": "no memory"}]}
    trouble = trouble_of([unplaced], "r1")
    assert trouble is not None
    assert (trouble.reason, trouble.message) == ("Unschedulable", "pod greeting-1: no memory")


def test_trouble_of_a_version_before_does_not_count() -> None:
    old = pod({"toolmesh.dev/revision": "r0"}, state={"waiting": {"reason": "CrashLoopBackOff"}})
    assert trouble_of([old], "r1") is None


def test_a_rollout_past_its_deadline_is_degraded() -> None:
    late = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "too slow"}
    told = findings(deployment(replicas=3, updatedReplicas=1, readyReplicas=2, conditions=[late]), [])
    assert told["Degraded"] == Finding(True, "ProgressDeadlineExceeded", "too slow")


def test_the_time_of_a_condition_is_that_of_its_last_turn() -> None:
    before = status_of("greeting", 1, failed("Api500", "away"), {}, NOW)
    later = status_of("greeting", 1, failed("Api503", "still away"), before, NOW + timedelta(minutes=5))
    assert [one["lastTransitionTime"] for one in later["conditions"]] == ["2030-01-01T00:00:00Z"] * 3
    mended = {"Ready": Finding(True, "ReplicasReady", "")}
    after = status_of("greeting", 1, mended, later, NOW + timedelta(minutes=9))
    assert after["conditions"][0]["lastTransitionTime"] == "2030-01-01T00:09:00Z"


@pytest.mark.parametrize(
    ("wanted", "found", "differ"),
    [
        ({"a": 1}, {"a": 1, "defaulted": True}, False),
        ({"a": [{"b": 1}]}, {"a": [{"b": 1, "c": 2}]}, False),
        ({"a": 1}, {"a": 2}, True),
        ({"a": 1}, {}, True),
        ({"a": [1]}, {"a": [1, 2]}, True),
        ({"a": 1}, None, True),
    ],
)
def test_drift_is_what_is_wanted_and_not_so(wanted: Any, found: Any, differ: bool) -> None:
    assert differs(wanted, found) is differ


def test_changes_that_come_together_are_one_turn_and_turns_do_not_overlap() -> None:
    schedule: Schedule[str] = Schedule(resync_s=300)
    schedule.touched("a", 0.0)
    schedule.touched("a", 0.1)
    assert schedule.take(0.0) == []
    assert schedule.take(0.2) == ["a"]
    schedule.touched("a", 0.3)
    assert schedule.take(9.0) == []
    schedule.done("a", 10.0)
    assert schedule.take(10.3) == ["a"]


def test_failures_wait_longer_each_time_until_the_owner_changes_something() -> None:
    schedule: Schedule[str] = Schedule(resync_s=300, first_wait_s=1.0)
    schedule.changed("a", 0.0)
    for now, next_at in ((0.0, 1.0), (1.0, 3.0), (3.0, 7.0)):
        assert schedule.take(now) == ["a"]
        schedule.failed("a", now)
        schedule.touched("a", now)
        assert schedule.next_due() == next_at
    schedule.changed("a", 3.5)
    assert schedule.take(3.5) == ["a"]


def test_a_turn_comes_again_though_nothing_moved() -> None:
    schedule: Schedule[str] = Schedule(resync_s=300)
    schedule.changed("a", 0.0)
    schedule.take(0.0)
    schedule.done("a", 1.0)
    assert (schedule.take(300.9), schedule.take(301.0)) == ([], ["a"])


def test_a_forgotten_key_has_no_more_turns() -> None:
    schedule: Schedule[str] = Schedule(resync_s=300)
    schedule.changed("a", 0.0)
    schedule.take(0.0)
    schedule.forget("a")
    schedule.done("a", 1.0)
    assert schedule.next_due() is None


@pytest.mark.parametrize(
    ("name", "value"), [("router_labels", " "), ("router_labels", "router"), ("namespaces", "A b")]
)
def test_bad_settings_are_refused(name: str, value: str) -> None:
    with pytest.raises(ValueError, match="must"):
        ToolOperatorSettings(**{name: value})
