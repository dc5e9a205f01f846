"""What is known of a model before it is loaded."""

from dataclasses import dataclass
from enum import Enum


class ModelTask(Enum):
    """What a model is for."""

    GENERATE = "generate"
    EMBED = "embed"


class EmbedKind(Enum):
    """What a text is, for embedders that treat questions and passages differently."""

    QUERY = "query"
    PASSAGE = "passage"


@dataclass(frozen=True, slots=True)
class ModelCard:
    """A model that is served.

    Attributes:
        id: such as "smollm2-135m-instruct".
        engine: such as "llama_cpp".
        context_tokens: generating: prompt and completion together. Embedding: a text's length it was made for.
        dimensions: embedding: the length of a vector.
        adapters: names of LoRA adapters, in order.
        parallel_requests: the most requests worked on at once.
    """

    id: str
    task: ModelTask
    engine: str
    context_tokens: int
    dimensions: int = 0
    adapters: tuple[str, ...] = ()
    parallel_requests: int = 1
