"""OpenAI's chat completion objects, whole and in chunks."""

import time
from typing import Any

from toolmesh.chat.v1 import message_pb2
from toolmesh.planner.v1 import run_event_pb2, run_pb2
from toolmesh_gateway.api.openai.chat_request import ChatRequest
from toolmesh_gateway.api.transcoding.writing import writer_of
from toolmesh_gateway.app.chat_progress import ChatProgress

_write_event = writer_of(run_event_pb2.RunEvent.DESCRIPTOR)
_write_run = writer_of(run_pb2.Run.DESCRIPTOR)


class ChatAnswer:
    """Makes the objects of one answer."""

    def __init__(self, request: ChatRequest, run: run_pb2.Run) -> None:
        self._request = request
        self._run_id = run.id
        self._head = {"id": f"chatcmpl-{run.id}", "created": int(time.time()), "model": run.model or request.model}

    def whole(self, run: run_pb2.Run, progress: ChatProgress) -> dict[str, Any]:
        """The answer in one piece."""
        calls = self._tool_calls(run)
        message: dict[str, Any] = {"role": "assistant", "content": None if calls else progress.text, "refusal": None}
        if calls:
            message["tool_calls"] = calls
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": progress.finish_reason}
        answer = {"object": "chat.completion", "choices": [choice], "usage": _usage(run.usage)}
        return self._head | answer | {"toolmesh": _facts(run)}

    def first_chunk(self) -> dict[str, Any]:
        """Says who speaks."""
        return self._chunk({"role": "assistant", "content": ""}) | {"toolmesh": {"run": self._run_id}}

    def chunks(self, event: run_event_pb2.RunEvent, text: str, progress: ChatProgress) -> list[dict[str, Any]]:
        """What one event becomes: text, a step of the server, or the end."""
        chunks = [self._chunk({"content": text})] if text else []
        kind = event.WhichOneof("event")
        if kind == "run_ended":
            return chunks + self._end(event.run_ended.run, progress)
        if kind != "answer_delta":
            # Plain clients pass over the extra field; the delta says nothing.
            chunks.append(self._chunk({}) | {"toolmesh": {"event": _write_event(event)}})
        return chunks

    def _end(self, run: run_pb2.Run, progress: ChatProgress) -> list[dict[str, Any]]:
        calls = [{"index": index, **call} for index, call in enumerate(self._tool_calls(run))]
        chunks = [self._chunk({"tool_calls": calls})] if calls else []
        chunks.append(self._chunk({}, progress.finish_reason) | {"toolmesh": _facts(run)})
        if self._request.include_usage:
            chunks.append(self._chunk({}) | {"choices": [], "usage": _usage(run.usage)})
        return chunks

    def _chunk(self, delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        chunk = self._head | {"object": "chat.completion.chunk", "choices": [choice]}
        return chunk | {"usage": None} if self._request.include_usage else chunk

    def _tool_calls(self, run: run_pb2.Run) -> list[dict[str, Any]]:
        if run.end_reason != run_pb2.END_REASON_CLIENT_TOOL_CALLS:
            return []
        calls = [_tool_call(call) for call in run.client_tool_calls]
        # Who wants one call at a time gets the first; with its result the conversation asks for the next.
        return calls[:1] if self._request.one_call_only else calls


def _tool_call(call: message_pb2.ToolCall) -> dict[str, Any]:
    return {
        "id": call.id,
        "type": "function",
        "function": {"name": call.tool, "arguments": call.arguments_json or "{}"},
    }


def _usage(usage: message_pb2.TokenUsage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
    }


def _facts(run: run_pb2.Run) -> dict[str, Any]:
    """What OpenAI has no word for."""
    written = _write_run(run)
    facts = {"run": run.id, "end_reason": written.get("end_reason"), "step_count": run.step_count}
    return facts | {"tools_called": written["tools_called"], "output": run.output}
