"""Compares continuations of one prompt by their log-probability."""

from collections.abc import Sequence

from toolmesh_inference.app.model_catalog import ModelCatalog
from toolmesh_inference.app.spending import measured, spent
from toolmesh_inference.domain.generation import Prompt, Scores
from toolmesh_inference.domain.request_rules import check_continuations, check_prompt


async def score_continuations(
    catalog: ModelCatalog, model_name: str, prompt: Prompt, adapter: str, continuations: Sequence[str]
) -> Scores:
    """Log-probabilities in nats, normalised over the given continuations."""
    model = catalog.text_model(model_name)
    model.check_adapter(adapter)
    check_prompt(prompt)
    check_continuations(continuations)
    with measured("score", model.card.id):
        async with model.queue.place():
            engine = await model.engine()
            scores = await engine.score(prompt, adapter, continuations)
    spent(model.card.id, scores.usage)
    return scores
