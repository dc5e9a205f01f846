"""The vectors of tools: one of what a tool is described as, one of each of its example requests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from toolmesh_retriever.domain.centring import TypicalMeans, Vectors, centred_passages, centred_requests
from toolmesh_retriever.domain.embedded_line import EmbeddedLine, TextKind
from toolmesh_retriever.domain.tool_index import Floats, Ints, Mask
from toolmesh_retriever.domain.typical_texts import language_of


@dataclass(frozen=True, slots=True, eq=False)
class Cosines:
    """Between clauses and tools, [clauses, capacity].

    Attributes:
        best: the higher one of description and examples; a tool without a vector is taken as an average one.
        examples: of the nearest example; 0 where there is none.
    """

    best: Floats
    examples: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Compiled:
    """Centred vectors, ready to be compared; examples lie side by side by tool, beginning at `example_starts`."""

    slots: Ints
    descriptions: Vectors
    example_slots: Ints
    example_starts: Ints
    examples: Vectors


class MeaningIndex:
    """Vectors by slot of the tool index."""

    def __init__(self) -> None:
        self._lines: dict[int, Sequence[EmbeddedLine]] = {}
        self._vectors: dict[str, Vectors] = {}
        self._means: TypicalMeans | None = None
        self._compiled: _Compiled | None = None
        self._described: Mask | None = None

    def put(self, slot: int, lines: Sequence[EmbeddedLine]) -> None:
        """Says what a tool's vectors are made from: its description first, then examples."""
        self._lines[slot] = lines
        self._compiled = self._described = None

    def drop(self, slot: int) -> None:
        """Forgets a tool."""
        self._lines.pop(slot, None)
        self._compiled = self._described = None

    def set_means(self, means: TypicalMeans) -> None:
        """What vectors are centred with; without it, nothing is compared."""
        self._means, self._compiled = means, None

    def add(self, vectors: Mapping[str, Vectors]) -> None:
        """Gives lines their vectors, by key."""
        self._vectors.update(vectors)
        self._compiled = self._described = None

    def forget(self) -> None:
        """Drops all vectors, as when the embedding model changes."""
        self._vectors.clear()
        self._means = self._compiled = self._described = None

    def missing(self) -> list[EmbeddedLine]:
        """Lines without a vector, each once: all descriptions, then the examples."""
        lines = {line.key: line for of_tool in self._lines.values() for line in of_tool}
        without = [line for key, line in lines.items() if key not in self._vectors]
        return sorted(without, key=lambda line: line.kind is TextKind.REQUEST)

    def described(self, capacity: int) -> Mask:
        """[capacity]: which tools have the vector of their description."""
        if self._described is None or len(self._described) != capacity:
            slots = [slot for slot, lines in self._lines.items() if lines[0].key in self._vectors]
            self._described = np.zeros(capacity, dtype=bool)
            self._described[slots] = True
        return self._described

    def cosines(self, requests: Vectors, capacity: int) -> Cosines | None:
        """Of centred requests, [clauses, dimensions]; None where there is nothing to compare with."""
        if self._compiled is None and self._means is not None:
            self._compiled = self._compile(self._means)
        compiled = self._compiled
        if compiled is None or not len(compiled.slots) or compiled.descriptions.shape[1] != requests.shape[1]:
            return None
        similar = (requests @ compiled.descriptions.T).astype(np.float64)
        best = np.repeat(similar.mean(axis=1, keepdims=True), capacity, axis=1)
        best[:, compiled.slots] = similar
        examples = np.zeros_like(best)
        if len(compiled.example_slots):
            of_each = (requests @ compiled.examples.T).astype(np.float64)
            nearest = np.maximum.reduceat(of_each, compiled.example_starts, axis=1)
            examples[:, compiled.example_slots] = nearest
            best[:, compiled.example_slots] = np.maximum(best[:, compiled.example_slots], nearest)
        return Cosines(best, examples)

    def _compile(self, means: TypicalMeans) -> _Compiled | None:
        used = {line.key for lines in self._lines.values() for line in lines}
        self._vectors = {key: vector for key, vector in self._vectors.items() if key in used}
        described = {slot: lines for slot, lines in self._lines.items() if lines[0].key in self._vectors}
        if not described:
            return None
        first = [lines[0] for lines in described.values()]
        known = {slot: [line for line in lines[1:] if line.key in self._vectors] for slot, lines in described.items()}
        with_examples = {slot: lines for slot, lines in known.items() if lines}
        examples = [line for lines in with_examples.values() for line in lines]
        counts = [len(lines) for lines in with_examples.values()]
        return _Compiled(
            slots=np.fromiter(described, dtype=np.intp),
            descriptions=centred_passages(self._stack(first), [language_of(line.text) for line in first], means),
            example_slots=np.fromiter(with_examples, dtype=np.intp),
            example_starts=np.cumsum([0, *counts])[:-1],
            examples=centred_requests(self._stack(examples), [line.text for line in examples], means)
            if examples
            else np.zeros((0, 0), dtype=np.float32),
        )

    def _stack(self, lines: Sequence[EmbeddedLine]) -> Vectors:
        return np.stack([self._vectors[line.key] for line in lines])
