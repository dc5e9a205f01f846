"""What the retriever tells Prometheus."""

from toolmesh_core.telemetry import counter, gauge, histogram

_SEARCH_BUCKETS = (0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
SEARCH_DURATION = histogram(
    "toolmesh_retriever_search_duration_seconds", "Time of one search.", ["kind"], _SEARCH_BUCKETS
)
DEGRADED_SEARCHES = counter(
    "toolmesh_retriever_degraded_searches", "Searches that left a part out, such as meaning.", ["kind"]
)
INDEXED_TOOLS = gauge("toolmesh_retriever_indexed_tools", "Tools that can be found.")
EMBEDDING_BACKLOG = gauge("toolmesh_retriever_embedding_backlog_texts", "Tools and passages that wait for vectors.")
