"""What goes wrong is raised from the platform's tree; what may be repeated is, a bounded number of times."""

from typing import Any

import httpx
import pytest

import toolmesh_sdk
from toolmesh_sdk import (
    AlreadyExists,
    DeadlineExceeded,
    FailedPrecondition,
    Internal,
    InvalidInput,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    ToolError,
    Unauthenticated,
    Unavailable,
)


async def get_run(sdk: Any) -> Any:
    return await sdk.do(lambda client: client.runs.get("run_1"))


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (400, "INVALID_ARGUMENT", InvalidInput),
        (401, "UNAUTHENTICATED", Unauthenticated),
        (403, "PERMISSION_DENIED", PermissionDenied),
        (404, "NOT_FOUND", NotFound),
        (409, "ALREADY_EXISTS", AlreadyExists),
        (409, "FAILED_PRECONDITION", FailedPrecondition),
        (429, "RESOURCE_EXHAUSTED", ResourceExhausted),
        (500, "INTERNAL", Internal),
        (504, "DEADLINE_EXCEEDED", DeadlineExceeded),
        (404, None, NotFound),
        (413, None, InvalidInput),
        (500, "A_NEW_CODE", Internal),
    ],
)
async def test_a_problem_becomes_its_error(
    sdk: Any, platform: Any, status: int, code: str | None, expected: type[Exception]
) -> None:
    platform.will_refuse(status, code=code, detail="what was wrong", reason="A_REASON")
    with pytest.raises(expected, match="what was wrong") as caught:
        await get_run(sdk)
    assert type(caught.value) is expected
    assert caught.value.reason == "A_REASON"


async def test_a_bad_field_is_named(sdk: Any, platform: Any) -> None:
    errors = [{"field": "limits.max_steps", "message": "too large"}, {"field": "input", "message": "empty"}]
    platform.will_refuse(400, detail="2 fields are wrong", errors=errors)
    with pytest.raises(InvalidInput) as caught:
        await sdk.do(lambda client: client.runs.create(""))
    assert caught.value.field == "limits.max_steps"
    assert '"input"' in caught.value.metadata["errors"]


async def test_a_full_quota_says_when_to_come_back(sdk: Any, platform: Any) -> None:
    platform.will_refuse(429, {"Retry-After": "7"}, detail="slow down")
    with pytest.raises(ResourceExhausted) as caught:
        await get_run(sdk)
    assert caught.value.retry_after_s == 7.0


async def test_an_error_in_openais_shape_is_read_too(sdk: Any, platform: Any) -> None:
    error = {"message": "unknown API key", "type": "authentication_error", "param": None, "code": "unknown_api_key"}
    platform.will_answer(httpx.Response(401, json={"error": error}))
    with pytest.raises(Unauthenticated, match="unknown API key") as caught:
        await sdk.do(lambda client: client.models.list())
    assert caught.value.reason == "UNKNOWN_API_KEY"


async def test_a_tool_that_says_no_is_a_tool_error(sdk: Any, platform: Any) -> None:
    failure = {"reason": "DIVISION_BY_ZERO", "message": "1/0 has no value", "retryable": False}
    platform.will_refuse(422, reason="DIVISION_BY_ZERO", detail="1/0 has no value", tool_failure=failure)
    with pytest.raises(ToolError, match="1/0 has no value") as caught:
        await sdk.do(lambda client: client.tools.invoke("calculate", {"expression": "1/0"}))
    assert (caught.value.reason, caught.value.retryable) == ("DIVISION_BY_ZERO", False)


async def test_an_answer_that_is_no_problem_document_is_quoted(sdk: Any, platform: Any) -> None:
    platform.will_answer(httpx.Response(500, text="<html>proxy</html>"))
    with pytest.raises(Internal, match="/v1/runs/run_1 answered 500: '<html>proxy</html>'"):
        await get_run(sdk)


async def test_an_answer_that_is_not_the_platforms_is_told(sdk: Any, platform: Any) -> None:
    platform.will_answer(httpx.Response(200, text="It works!"))
    with pytest.raises(Internal, match="is it ToolMesh's gateway"):
        await get_run(sdk)
    platform.will_answer(httpx.Response(200, json=["no", "object"]))
    with pytest.raises(Internal, match="cannot read"):
        await sdk.do(lambda client: client.runs.list())


async def test_a_platform_that_is_not_there_is_told_with_the_remedy(sdk: Any, platform: Any) -> None:
    platform.will_answer(*[httpx.ConnectError("refused")] * 4)
    with pytest.raises(Unavailable, match="start it with `toolmesh up`") as caught:
        await get_run(sdk)
    assert caught.value.reason == "PLATFORM_UNREACHABLE"
    assert platform.slept == [0.2, 0.4, 0.8]


async def test_a_call_that_only_reads_is_repeated_after_503(sdk: Any, platform: Any) -> None:
    platform.will_refuse(503, detail="gateway is starting")
    platform.will_answer(httpx.ReadError("reset"), {"id": "run_1"})
    assert (await get_run(sdk)).id == "run_1"
    assert len(platform.slept) == 2


async def test_a_repeated_creation_carries_the_same_request_id(sdk: Any, platform: Any) -> None:
    platform.will_refuse(503, detail="planner is down")
    platform.will_answer({"id": "run_1"})
    await sdk.do(lambda client: client.runs.create("hi"))
    assert platform.bodies[0] == platform.bodies[1]


async def test_what_must_not_happen_twice_is_not_repeated(sdk: Any, platform: Any) -> None:
    platform.will_refuse(503, detail="memory is down")
    with pytest.raises(Unavailable, match="memory is down"):
        await sdk.do(lambda client: client.sessions.create(title="no id, so each call makes one"))
    assert platform.slept == []


async def test_a_mistake_is_not_repeated(sdk: Any, platform: Any) -> None:
    platform.will_refuse(404, detail="no run")
    with pytest.raises(NotFound):
        await get_run(sdk)
    assert platform.slept == []


async def test_no_answer_in_time_is_deadline_exceeded(sdk: Any, platform: Any) -> None:
    platform.will_answer(httpx.ReadTimeout("slow"))
    with pytest.raises(DeadlineExceeded, match="larger timeout_s"):
        await get_run(sdk)


async def test_healthy_is_a_plain_yes_or_no(sdk: Any, platform: Any) -> None:
    platform.will_answer({"status": "ready"})
    assert await sdk.do(lambda client: client.healthy()) is True
    platform.will_refuse(503, detail="planner is not ready")
    assert await sdk.do(lambda client: client.healthy()) is False
    platform.will_answer(httpx.ConnectError("refused"))
    assert await sdk.do(lambda client: client.healthy()) is False
    assert platform.slept == []


def test_everything_in_all_exists_and_is_ours() -> None:
    assert sorted(toolmesh_sdk.__all__) == toolmesh_sdk.__all__
    for name in toolmesh_sdk.__all__:
        assert getattr(toolmesh_sdk, name).__module__.startswith(("toolmesh_sdk.", "toolmesh_core."))


def test_every_class_of_a_public_annotation_is_public() -> None:
    records = {cls for name in toolmesh_sdk.__all__ if isinstance(cls := getattr(toolmesh_sdk, name), type)}
    for cls in records:
        for field in getattr(cls, "model_fields", {}).values():
            for part in (field.annotation, *getattr(field.annotation, "__args__", ())):
                if isinstance(part, type) and part.__module__.startswith("toolmesh_sdk."):
                    assert part in records, f"{cls.__name__} has a field of {part.__name__}, which __all__ leaves out"


def test_both_clients_offer_the_same_calls() -> None:
    def calls_of(client: Any) -> set[str]:
        names = {name for name in dir(client) if not name.startswith("_")}
        groups = {name: getattr(client, name) for name in vars(client) if not name.startswith("_")}
        return names | {f"{group}.{call}" for group, calls in groups.items() for call in dir(calls) if call[0] != "_"}

    with toolmesh_sdk.Client(api_key="k") as blocking:
        assert calls_of(blocking) == calls_of(toolmesh_sdk.AsyncClient(api_key="k"))
