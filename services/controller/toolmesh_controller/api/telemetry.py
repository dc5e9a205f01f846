"""What a decision leaves behind: the span "chat {model}" with its tokens and cuts, and the service's metrics."""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.trace import Span

from toolmesh_controller.domain.conversation import Decision, Finish
from toolmesh_core import genai_conventions as genai
from toolmesh_core.telemetry import counter, histogram, span

_DECISIONS = counter("toolmesh_controller_decisions", "Decisions by outcome.", ["outcome"])
_DURATION = histogram("toolmesh_controller_decision_duration_seconds", "Time a decision took.", ["outcome"])
_FIRST_TEXT = histogram("toolmesh_controller_time_to_first_text_seconds", "Time to the first piece of an answer.")
_TOKENS = counter("toolmesh_controller_tokens", "Tokens spent on decisions.", ["kind"])
_CUTS = counter("toolmesh_controller_context_cuts", "Decisions whose prompt did not fit whole.")


class Chat:
    """One decision under way."""

    def __init__(self, recorded: Span) -> None:
        self._span = recorded
        self._wrote = False

    def wrote(self, elapsed_s: float) -> None:
        """A piece of the answer is there."""
        if not self._wrote:
            self._wrote = True
            _FIRST_TEXT.observe(elapsed_s)

    def decided(self, decision: Decision, elapsed_s: float) -> None:
        outcome = "tool_calls" if decision.calls else "question" if decision.question is not None else "answer"
        usage, cut = decision.usage, decision.context_cut
        _DECISIONS.labels(outcome).inc()
        _DURATION.labels(outcome).observe(elapsed_s)
        _TOKENS.labels("prompt").inc(usage.prompt_tokens)
        _TOKENS.labels("completion").inc(usage.completion_tokens)
        self._span.set_attribute(genai.INPUT_TOKENS, usage.prompt_tokens)
        self._span.set_attribute(genai.OUTPUT_TOKENS, usage.completion_tokens)
        self._span.set_attribute("toolmesh.controller.outcome", outcome)
        if decision.finish is not Finish.NONE:
            self._span.set_attribute(genai.FINISH_REASONS, [decision.finish.value])
        if not cut.empty:
            _CUTS.inc()
            self._span.set_attribute("toolmesh.controller.dropped_messages", cut.dropped_messages)
            self._span.set_attribute("toolmesh.controller.dropped_candidates", cut.dropped_candidates)
            self._span.set_attribute("toolmesh.controller.cut_result_tokens", cut.cut_result_tokens)


class Telemetry:
    @contextmanager
    def chat(self, model: str) -> Iterator[Chat]:
        attributes = {genai.OPERATION_NAME: genai.CHAT, genai.REQUEST_MODEL: model}
        with span(f"{genai.CHAT} {model}", attributes) as recorded:
            yield Chat(recorded)
