"""Turns texts into unit vectors."""

from collections.abc import Sequence

from toolmesh_inference.app.model_catalog import ModelCatalog
from toolmesh_inference.app.ports import Embeddings
from toolmesh_inference.app.spending import measured, spent
from toolmesh_inference.domain.generation import Usage
from toolmesh_inference.domain.model_card import EmbedKind, ModelCard
from toolmesh_inference.domain.request_rules import check_embed_texts


async def embed_texts(
    catalog: ModelCatalog, model_name: str, texts: Sequence[str], kind: EmbedKind
) -> tuple[ModelCard, Embeddings]:
    """The vectors and the model they are of."""
    model = catalog.embedding_model(model_name)
    check_embed_texts(texts)
    with measured("embeddings", model.card.id):
        async with model.queue.place():
            engine = await model.engine()
            embeddings = await engine.embed(texts, kind)
    spent(model.card.id, Usage(prompt_tokens=embeddings.prompt_tokens))
    return model.card, embeddings
