"""The engine `sentence_transformers`: an embedding model in a folder, run by torch; an optional extra."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from toolmesh_core.errors import Unavailable
from toolmesh_inference.app.ports import Embeddings
from toolmesh_inference.domain.model_card import EmbedKind

# Small enough that a question is not long behind somebody's batch of passages.
_CHUNK_TEXTS = 8


def folder_facts(path: Path) -> tuple[int, int]:
    """Context in tokens and length of a vector, of a folder that sentence-transformers has saved.

    Raises:
        Unavailable: it is no such folder.
    """
    try:
        modules = orjson.loads((path / "modules.json").read_bytes())
        configs = [_config(path / module["path"]) for module in modules if module["path"]]
        context = _config(path, "sentence_bert_config.json").get("max_seq_length")
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise Unavailable(
            f"folder {path} is none that sentence-transformers has saved ({error}); "
            "set TOOLMESH_INFERENCE_EMBEDDER_MODEL_PATH to one"
        ) from error
    # The last module that says so decides: a dense layer may follow the pooling.
    told = [config.get("out_features") or config.get("word_embedding_dimension") for config in configs]
    return int(context or 0), int(next((each for each in reversed(told) if each), 0))


def _config(folder: Path, name: str = "config.json") -> dict[str, Any]:
    file = folder / name
    found: dict[str, Any] = orjson.loads(file.read_bytes()) if file.is_file() else {}
    return found


class SentenceTransformersEngine:
    """One model and one thread that uses it.

    Args:
        prefixes: what is put before a text of each kind.
    """

    def __init__(self, model: Any, thread: ThreadPoolExecutor, prefixes: dict[EmbedKind, str]) -> None:
        self._model = model
        self._thread = thread
        self._prefixes = prefixes
        self._dimensions = int(model.get_sentence_embedding_dimension())

    @classmethod
    async def open(cls, path: Path, threads: int, prefixes: dict[EmbedKind, str]) -> "SentenceTransformersEngine":
        """Loads the folder in a thread.

        Raises:
            Unavailable: the extra is not installed, or the folder holds no such model.
        """
        thread = ThreadPoolExecutor(1, thread_name_prefix="sentence-transformers")
        try:
            model = await asyncio.get_running_loop().run_in_executor(thread, _load, path, threads)
        except Unavailable:
            thread.shutdown()
            raise
        return cls(model, thread, prefixes)

    async def embed(self, texts: Sequence[str], kind: EmbedKind) -> Embeddings:
        """Vectors of length 1; see EmbeddingEngine."""
        prefixed = [self._prefixes[kind] + text for text in texts]
        vectors: list[bytes] = []
        for start in range(0, len(prefixed), _CHUNK_TEXTS):
            vectors += await self._in_thread(self._vectors, prefixed[start : start + _CHUNK_TEXTS])
        return Embeddings(vectors, self._dimensions, sum(await self._in_thread(self._counts, prefixed)))

    async def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens with the model's marks."""
        counted: list[int] = await self._in_thread(self._counts, list(texts))
        return counted

    async def close(self) -> None:
        """Ends the thread."""
        self._thread.shutdown()

    async def _in_thread(self, work: Any, *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)

    def _vectors(self, texts: list[str]) -> list[bytes]:
        rows = self._model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
        return [np.asarray(row, dtype="<f4").tobytes() for row in rows]

    def _counts(self, texts: list[str]) -> list[int]:
        return [len(self._model.tokenizer(text)["input_ids"]) for text in texts]


def _load(path: Path, threads: int) -> Any:
    try:
        library = import_module("sentence_transformers")
    except ImportError as error:
        raise Unavailable(
            f"the embedder {path} needs sentence-transformers: run `pip install 'toolmesh-inference[sentence-"
            "transformers]'`, or leave TOOLMESH_INFERENCE_EMBEDDER_MODEL_PATH unset"
        ) from error
    import_module("torch").set_num_threads(threads)
    return library.SentenceTransformer(str(path), device="cpu")
