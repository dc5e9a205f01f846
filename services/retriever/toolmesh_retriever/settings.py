"""Every setting of the retriever."""

from pathlib import Path

from pydantic import Field

from toolmesh_core.settings import ServiceSettings, service_config


class RetrieverSettings(ServiceSettings):
    """Read from TOOLMESH_RETRIEVER_*."""

    model_config = service_config("RETRIEVER")

    data_dir: Path = Field(Path(".toolmesh/retriever"), description="Folder of retriever.sqlite; made if missing.")
    tool_router_address: str = Field(
        "", description="gRPC target of the tool router, whose tools are followed; empty searches the last known ones."
    )
    inference_address: str = Field(
        "", description="gRPC target of the inference service for embeddings; empty searches by words alone."
    )
    embed_timeout_s: float = Field(
        0.5, gt=0, description="Seconds a search waits for the vectors of its query; then it goes on by words alone."
    )
    meaning_up_to_tools: int = Field(
        256,
        ge=0,
        description="Meaning is always searched among at most so many tools: few words leave words alone unsure.",
    )
    least_word_coverage: float = Field(
        0.15,
        ge=0,
        le=1,
        description="Among more tools, meaning is searched where the best tool's words cover less of a clause than this"
        " share: embedding a query takes longer than the whole search by words.",
    )
    most_document_bytes: int = Field(20 * 2**20, gt=0, description="Bytes of one document; a call holds it in memory.")
    most_document_pages: int = Field(2000, gt=0, description="Pages of one PDF; reading one takes about 20 ms.")
    read_timeout_s: float = Field(25.0, gt=0, description="Seconds to read one document, under a call's usual 30 s.")
    reader_memory_bytes: int = Field(
        2**30, gt=2**28, description="Bytes of address space of the process that reads one document."
    )
    vectors_cache_bytes: int = Field(
        256 * 2**20, gt=0, description="Bytes of passage vectors kept in memory; 1.5 kB a passage with 384 dimensions."
    )
