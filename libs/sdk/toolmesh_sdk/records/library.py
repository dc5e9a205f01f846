"""What is kept besides conversations: documents, artifacts; and the models that are served."""

from datetime import datetime

from pydantic import Field

from toolmesh_sdk.records.record import Record


class Document(Record):
    """A text that can be searched, kept as passages."""

    id: str
    user: str = ""
    title: str = ""
    source: str = ""
    media_type: str = ""
    passage_count: int = 0
    create_time: datetime | None = None


class Passage(Record):
    """A piece of a document; page is from 1 in a PDF, else 0."""

    document: str = ""
    title: str = ""
    source: str = ""
    text: str = ""
    position: int = 0
    page: int = 0


class ScoredPassage(Record):
    """A passage and how well it fits: 0 to 1."""

    passage: Passage
    score: float = 0.0


class DocumentSearch(Record):
    """Passages that fit a question, best first; degraded says which part of the search was left out, and why."""

    results: list[ScoredPassage] = Field(default_factory=list)
    degraded: str = ""


class Artifact(Record):
    """A file kept by the hash of its content."""

    id: str
    user: str = ""
    media_type: str = ""
    file_name: str = ""
    size_bytes: int = 0
    create_time: datetime | None = None


class ArtifactContent(Record):
    """An artifact's bytes."""

    content: bytes
    media_type: str = ""


class Model(Record):
    """A served model. task: "generate" or "embed"; dimensions is the length of an embedding model's vectors.

    root: of the model called "default", the one that it stands for.
    """

    id: str
    task: str = "unspecified"
    engine: str = ""
    context_tokens: int = 0
    dimensions: int = 0
    adapters: list[str] = Field(default_factory=list)
    is_default: bool = False
    parallel_requests: int = 0
    root: str = ""
