"""The optional embedder: found by folder, and what to install when it is not there."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from toolmesh_core.errors import Unavailable
from toolmesh_inference.adapters.sentence_transformers import SentenceTransformersEngine, folder_facts
from toolmesh_inference.domain.model_card import EmbedKind

PREFIXES = {EmbedKind.QUERY: "query: ", EmbedKind.PASSAGE: ""}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "modules.json").write_text(json.dumps([{"path": ""}, {"path": "1_Pooling"}]))
    (tmp_path / "sentence_bert_config.json").write_text('{"max_seq_length": 256}')
    (tmp_path / "1_Pooling" / "config.json").write_text('{"word_embedding_dimension": 4}')
    return tmp_path


class FakeModel:
    """Stands for SentenceTransformer."""

    def __init__(self, path: str, device: str) -> None:
        self.encoded: list[str] = []

    def get_sentence_embedding_dimension(self) -> int:
        return 4

    def encode(self, texts: list[str], **options: bool) -> np.ndarray:
        assert options["normalize_embeddings"]
        self.encoded += texts
        return np.full((len(texts), 4), 0.5, dtype="float64")

    def tokenizer(self, text: str) -> dict[str, list[int]]:
        return {"input_ids": [0] * len(text.split())}


def test_the_folder_tells_its_dimensions(folder: Path) -> None:
    assert folder_facts(folder) == (256, 4)


def test_another_folder_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="EMBEDDER_MODEL_PATH"):
        folder_facts(tmp_path)


async def test_a_missing_package_says_what_to_install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(Unavailable, match="pip install"):
        await SentenceTransformersEngine.open(folder, 1, PREFIXES)


async def test_vectors_are_float32_with_the_prefix_of_the_kind(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", SimpleNamespace(SentenceTransformer=FakeModel))
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(set_num_threads=lambda _: None))
    engine = await SentenceTransformersEngine.open(folder, 1, PREFIXES)
    embeddings = await engine.embed(["one two"] * 9, EmbedKind.QUERY)
    assert (len(embeddings.vectors), embeddings.dimensions, embeddings.prompt_tokens) == (9, 4, 27)
    assert np.frombuffer(embeddings.vectors[0], "<f4").tolist() == [0.5] * 4
    assert await engine.count_tokens(["a b c"]) == [3]
    await engine.close()
