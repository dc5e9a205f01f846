"""A run as a chat client sees it: its text as it grows, and how it ended in OpenAI's words."""

from toolmesh.inference.v1 import inference_service_pb2
from toolmesh.planner.v1 import run_event_pb2, run_pb2
from toolmesh_gateway.app.answer_text import AnswerText

_FINISH_REASON = {
    run_pb2.END_REASON_ANSWERED: "stop",
    run_pb2.END_REASON_QUESTION: "stop",
    run_pb2.END_REASON_CLIENT_TOOL_CALLS: "tool_calls",
    run_pb2.END_REASON_STEP_LIMIT: "length",
    run_pb2.END_REASON_TOKEN_LIMIT: "length",
    run_pb2.END_REASON_TIME_LIMIT: "length",
}
_HAS_OUTPUT = (run_pb2.END_REASON_ANSWERED, run_pb2.END_REASON_QUESTION)


class ChatProgress:
    """Takes a run's events in order.

    Attributes:
        run: as it ended; None while it goes on.
    """

    def __init__(self) -> None:
        self.run: run_pb2.Run | None = None
        self._text = AnswerText()
        self._answer_was_cut = False

    def take(self, event: run_event_pb2.RunEvent) -> str:
        """Notes an event; returns the text that is new with it."""
        kind = event.WhichOneof("event")
        if kind == "answer_delta":
            return self._text.add(event.answer_delta)
        if kind == "decision_made":
            cut = inference_service_pb2.FINISH_REASON_LENGTH
            self._answer_was_cut = event.decision_made.decision.finish_reason == cut
        elif kind == "run_resumed":
            self._text.begin_anew()
        elif kind == "run_ended":
            self.run = event.run_ended.run
            if self.run.end_reason in _HAS_OUTPUT:
                return self._text.end(self.run.output)
        return ""

    @property
    def text(self) -> str:
        """All the text so far. Of a run that met a limit: what it had written of an answer, if anything."""
        return self._text.handed_out

    @property
    def finish_reason(self) -> str | None:
        """OpenAI's finish_reason of the ended run; None where it failed and there is no answer."""
        reason = _FINISH_REASON.get(self.run.end_reason) if self.run is not None else None
        return "length" if reason == "stop" and self._answer_was_cut else reason
