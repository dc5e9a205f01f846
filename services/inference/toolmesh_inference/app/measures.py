"""What the service measures of itself; scraped by Prometheus from /metrics."""

from toolmesh_core.genai_conventions import TIME_PER_OUTPUT_TOKEN, TIME_TO_FIRST_TOKEN
from toolmesh_core.telemetry import counter, gauge, histogram

time_to_first_token = histogram(
    TIME_TO_FIRST_TOKEN, "Seconds from a request's arrival to its first token, waiting included.", ("model",)
)
time_per_output_token = histogram(
    TIME_PER_OUTPUT_TOKEN,
    "Seconds a token after the first one.",
    ("model",),
    buckets=(
        0.001,
        0.0025,
        0.005,
        0.01,
        0.02,
        0.03,
        0.05,
        0.075,
        0.1,
        0.2,
        0.5,
        1.0,
    ),
)
request_duration = histogram(
    "gen_ai_server_request_duration_seconds",
    "Seconds a request took, waiting included.",
    ("operation", "model", "outcome"),
)
tokens = counter(
    "toolmesh_inference_tokens", "Tokens by kind: input (cached ones included), cached, output.", ("model", "kind")
)
queue_depth = gauge("toolmesh_inference_queue_depth_requests", "Requests that wait for the engine.", ("model",))
