"""Models by name, and pages of them."""

import pytest

from toolmesh_core.errors import NotFound
from toolmesh_inference.app.count_tokens import count_tokens
from toolmesh_inference.app.list_models import list_models
from toolmesh_inference.app.model_catalog import ModelCatalog, ModelSource
from toolmesh_inference.app.ports import EmbeddingEngine
from toolmesh_inference.domain.model_card import ModelCard, ModelTask

from .fakes import FakeEmbedder, FakeTextEngine, text_source


def embedding_source() -> ModelSource[EmbeddingEngine]:
    async def open_engine() -> EmbeddingEngine:
        return FakeEmbedder()

    return ModelSource(ModelCard("e", ModelTask.EMBED, "fake", 8, dimensions=2), open_engine)


async def catalog() -> ModelCatalog:
    sources = [text_source(FakeTextEngine(), "m"), text_source(FakeTextEngine(), "a")]
    return ModelCatalog(sources, [embedding_source()], 1)


@pytest.mark.parametrize("name", ["", "default", "m"])
async def test_default_and_empty_mean_the_first(name: str) -> None:
    assert (await catalog()).text_model(name).card.id == "m"


async def test_an_unknown_model_is_named_with_those_there_are() -> None:
    with pytest.raises(NotFound, match="no text model 'e'; served here: a, m"):
        (await catalog()).text_model("e")
    with pytest.raises(NotFound, match="no embedding model 'm'; served here: e"):
        (await catalog()).embedding_model("m")


async def test_only_the_default_models_are_loaded_at_the_start() -> None:
    opened: list[str] = []

    def source(name: str):
        engine = FakeTextEngine()

        async def open_engine():
            opened.append(name)
            return engine

        return ModelSource(text_source(engine, name).card, open_engine)

    served = ModelCatalog([source("m"), source("a")], [], 1)
    await served.open_defaults()
    assert opened == ["m"]
    assert await count_tokens(served, "a", ["xyz"]) == [3]
    assert await count_tokens(served, "a", ["xyz"]) == [3]
    assert opened == ["m", "a"]


async def test_models_are_listed_by_id_a_page_at_a_time() -> None:
    served = await catalog()
    page, token = list_models(served, 2, "")
    assert [(card.id, default) for card, default in page] == [("a", False), ("e", True)]
    page, token = list_models(served, 2, token)
    assert [(card.id, default) for card, default in page] == [("m", True)]
    assert token == ""
