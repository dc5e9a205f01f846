"""Counts tokens as a model sees them."""

from collections.abc import Sequence

from toolmesh_inference.app.model_catalog import ModelCatalog


async def count_tokens(catalog: ModelCatalog, model_name: str, texts: Sequence[str]) -> list[int]:
    """One count a text; waits for no place, since the model itself does not run."""
    engine = await catalog.any_model(model_name).engine()
    return await engine.count_tokens(texts)
