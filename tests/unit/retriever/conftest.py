"""Parts of the retriever that several tests need."""

from collections.abc import Iterator
from importlib.resources import files

import pytest

from toolmesh_retriever.app.tool_catalog import ToolCatalog
from toolmesh_retriever.domain.ranking_model import RankingModel


@pytest.fixture(scope="session")
def ranking_model() -> RankingModel:
    return RankingModel.from_text((files("toolmesh_retriever") / "domain/tool_ranking.json").read_text())


@pytest.fixture
def catalog(ranking_model: RankingModel) -> Iterator[ToolCatalog]:
    made = ToolCatalog(ranking_model)
    yield made
    made.close()
