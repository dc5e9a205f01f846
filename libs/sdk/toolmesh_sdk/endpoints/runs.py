"""Runs: from a request in plain language to its answer."""

from collections.abc import Sequence
from typing import Any

from toolmesh_core.ids import new_id
from toolmesh_sdk.records.record import Page
from toolmesh_sdk.records.run import Run, RunLimits
from toolmesh_sdk.request import Query, Request, get, post, read_page, read_record, segment

_RUN = read_record(Run)


def create_run(
    text: str,
    *,
    session: str = "",
    model: str = "",
    adapter: str = "",
    tools: Sequence[str] = (),
    limits: RunLimits | None = None,
    request_id: str = "",
) -> Request[Run]:
    """Starts a run and returns it as it begins.

    Args:
        text: the request.
        session: whose history is used and continued; made where it does not exist.
        model: the controlling model; empty means the platform's default.
        adapter: a LoRA adapter of that model.
        tools: only these may be used; empty means all.
        limits: how much it may spend.
        request_id: the same id means the same run; one is made where it is empty, so that sending again is safe.
    """
    body: dict[str, Any] = {
        "input": text,
        "session": session,
        "model": model,
        "adapter": adapter,
        "tools": list(tools),
        "limits": limits.to_given_json() if limits else {},
        "request_id": request_id or new_id("request"),
    }
    return post("/v1/runs", _RUN, body, repeatable=True)


def get_run(run: str) -> Request[Run]:
    """One run; NotFound where you have none of that id."""
    return get(f"/v1/runs/{segment(run)}", _RUN)


def list_runs(*, session: str = "", page_size: int = 0, page_token: str = "") -> Request[Page[Run]]:
    """Your runs, newest first; only those of a session where one is named."""
    query: Query = {"session": session, "page_size": page_size, "page_token": page_token}
    return get("/v1/runs", read_page(Run, "runs"), query)


def cancel_run(run: str) -> Request[Run]:
    """Cancels a run; one that has ended stays as it is."""
    return post(f"/v1/runs/{segment(run)}:cancel", _RUN, {}, repeatable=True)


def approve_tool_call(run: str, tool_call_id: str, *, refuse: bool = False, comment: str = "") -> Request[Run]:
    """Approves or refuses a call that waits; the comment is told to the model when refused."""
    body = {"tool_call_id": tool_call_id, "refuse": refuse, "comment": comment}
    return post(f"/v1/runs/{segment(run)}:approve", _RUN, body, repeatable=True)
