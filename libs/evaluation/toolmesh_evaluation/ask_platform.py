"""Asks a running platform about a case, as a user does."""

import time
from collections.abc import Sequence

from toolmesh_core.ids import new_id
from toolmesh_dialogues.dialogue import DialogueCall, DialogueTool
from toolmesh_evaluation.case import Case, Observed
from toolmesh_sdk import ApprovalRequested, AsyncClient, RunEnded, RunEvent, ToolCallStarted, ToolsRetrieved
from toolmesh_sdk.records.run import Run


class AskPlatform:
    """Carries out cases through the gateway.

    Args:
        model: an id that the platform serves; empty means its default.
        adapter: a LoRA adapter of that model; empty means none.
    """

    def __init__(self, client: AsyncClient, *, model: str = "", adapter: str = "") -> None:
        self._client = client
        self._model = model
        self._adapter = adapter

    async def add_documents(self, cases: Sequence[Case]) -> None:
        """Adds what the cases ask about."""
        for document in (document for case in cases for document in case.truth.get("documents", [])):
            await self._client.documents.add(
                text=document["text"],
                title=document["title"],
                source=document.get("source", ""),
                media_type=document.get("media_type", ""),
            )

    async def __call__(self, case: Case) -> Observed:
        """One request, with what was said before it in the same session, if anything."""
        earlier = case.truth.get("before", [])
        session = new_id("session") if earlier else ""
        for text in earlier:
            await self._run(text, session)
        began = time.perf_counter()
        events = await self._run(case.request, session)
        seconds = time.perf_counter() - began
        run = next(event.run for event in reversed(events) if isinstance(event, RunEnded))
        return Observed(
            calls=tuple(
                DialogueCall(event.call.id, event.call.tool, event.call.arguments)
                for event in events
                if isinstance(event, ToolCallStarted)
            ),
            text=run.output,
            candidates=tuple(
                DialogueTool(tool.tool, "", {})
                for event in events
                if isinstance(event, ToolsRetrieved)
                for tool in event.tools
            ),
            seconds=seconds,
            prompt_tokens=run.usage.prompt_tokens,
            completion_tokens=run.usage.completion_tokens,
            error="" if run.state == "succeeded" else _why(run),
        )

    async def _run(self, text: str, session: str) -> list[RunEvent]:
        """All events. A run that asks for approval is cancelled, since nobody is there to give it."""
        run = await self._client.runs.create(text, session=session, model=self._model, adapter=self._adapter)
        events: list[RunEvent] = []
        async for event in self._client.runs.stream(run.id):
            events.append(event)
            if isinstance(event, ApprovalRequested):
                await self._client.runs.cancel(run.id)
        return events


def _why(run: Run) -> str:
    return f"{run.end_reason}: {run.error.message}" if run.error else run.end_reason
