"""Traces and metrics. Trace ids travel always; spans are recorded only where an exporter is set."""

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import Token

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from prometheus_client import Counter, Gauge, Histogram

TRACEPARENT_KEY = "traceparent"
# Seconds; from a fast hop to a slow model.
DURATION_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
AttributeValue = str | bool | int | float | Sequence[str]


class _Recorder:
    """Where spans go in this process; none until set_up_traces."""

    provider: TracerProvider | None = None
    tracer: trace.Tracer | None = None


def set_up_traces(service: str, otlp_endpoint: str) -> None:
    """Sends spans to an OTLP endpoint (OTLP over HTTP); with an empty one, records none."""
    if not otlp_endpoint:
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    record_spans(service, BatchSpanProcessor(OTLPSpanExporter(endpoint=otlp_endpoint)))


def record_spans(service: str, processor: SpanProcessor) -> None:
    """Records spans of this process with a processor."""
    provider = TracerProvider(resource=Resource.create({"service.name": f"toolmesh-{service}"}))
    provider.add_span_processor(processor)
    _Recorder.provider = provider
    _Recorder.tracer = provider.get_tracer("toolmesh")


def flush_traces() -> None:
    """Sends what is still waiting and stops recording."""
    if _Recorder.provider is not None:
        _Recorder.provider.shutdown()
    _Recorder.provider = _Recorder.tracer = None


@contextmanager
def span(
    name: str,
    attributes: Mapping[str, AttributeValue] | None = None,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    parent: str | None = None,
) -> Iterator[Span]:
    """A span around the block, current inside it; an exception marks it as failed and goes on.

    Args:
        parent: a `traceparent` header (W3C Trace Context); None goes on from the current span.
    """
    outer = _context_of(parent) if parent else None
    if _Recorder.tracer is None:
        # Not recorded: only ids are needed, so that logs and neighbours share the trace.
        ids = trace.get_current_span(outer).get_span_context()
        trace_id = ids.trace_id if ids.is_valid else random.getrandbits(128)
        own = SpanContext(trace_id, random.getrandbits(64), is_remote=False, trace_flags=_SAMPLED)
        new: Span = NonRecordingSpan(own)
    else:
        new = _Recorder.tracer.start_span(name, outer, kind=kind, attributes=dict(attributes or {}))
    token: Token[otel_context.Context] | None = otel_context.attach(trace.set_span_in_context(new, outer))
    try:
        yield new
    except GeneratorExit:
        # A stream nobody reads any more, closed by the garbage collector: in a context of its own, where nothing
        # was attached.
        token = None
        raise
    except BaseException as error:
        new.set_status(Status(StatusCode.ERROR, f"{type(error).__name__}: {error}"[:200]))
        raise
    finally:
        if token is not None:
            otel_context.detach(token)
        new.end()


def current_span_ids() -> tuple[str, str]:
    """Trace id and span id in hex; empty outside of any span."""
    ids = trace.get_current_span().get_span_context()
    return (f"{ids.trace_id:032x}", f"{ids.span_id:016x}") if ids.is_valid else ("", "")


def current_trace_id() -> str:
    """The trace id in hex; empty outside of any span."""
    return current_span_ids()[0]


def current_traceparent() -> str:
    """The `traceparent` header (W3C Trace Context) to hand on; empty outside of any span."""
    ids = trace.get_current_span().get_span_context()
    return f"00-{ids.trace_id:032x}-{ids.span_id:016x}-{ids.trace_flags:02x}" if ids.is_valid else ""


def _context_of(traceparent: str) -> otel_context.Context | None:
    parts = traceparent.split("-")
    try:
        trace_id, span_id, flags = int(parts[1], 16), int(parts[2], 16), int(parts[3], 16)
    except (IndexError, ValueError):
        return None
    ids = SpanContext(trace_id, span_id, is_remote=True, trace_flags=TraceFlags(flags))
    return trace.set_span_in_context(NonRecordingSpan(ids)) if ids.is_valid else None


def counter(name: str, doc: str, labels: Sequence[str] = ()) -> Counter:
    """A Prometheus counter; `name` without "_total". A label never holds a user or a run id."""
    return Counter(name, doc, labels)


def gauge(name: str, doc: str, labels: Sequence[str] = ()) -> Gauge:
    """A Prometheus gauge."""
    return Gauge(name, doc, labels)


def histogram(
    name: str, doc: str, labels: Sequence[str] = (), buckets: Sequence[float] = DURATION_BUCKETS
) -> Histogram:
    """A Prometheus histogram; its name ends in the unit."""
    return Histogram(name, doc, labels, buckets=buckets)
