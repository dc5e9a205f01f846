"""An inverted index of tools by field (BM25F) that takes and loses single tools in well under a millisecond."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from toolmesh_retriever.domain.text_terms import terms_of
from toolmesh_retriever.domain.tool_text import FIELDS, ToolText

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Mask = NDArray[np.bool_]

# How much a word counts in each of FIELDS; found on the development requests (see training/).
FIELD_WEIGHTS = np.array([2.0, 2.0, 1.0, 0.3, 1.0, 0.5])
_K1 = 1.5
_B = 0.75
_BIGRAM_FIELDS = 2  # name and description


@dataclass(frozen=True, slots=True, eq=False)
class ToolEntry:
    """One tool as indexed.

    Attributes:
        term_ids: [terms], each once; at least one.
        counts: [terms, fields], how often each term occurs.
        bigrams: pairs of neighbouring terms in name or description, as one number each.
    """

    text: ToolText
    term_ids: Ints
    counts: Floats
    bigrams: frozenset[int]


class ToolIndex:
    """Tools by slot; a removed tool leaves its slot to the next one."""

    def __init__(self, tools: Iterable[ToolText] = ()) -> None:
        self.entries: list[ToolEntry | None] = []
        self._slot_of: dict[str, int] = {}
        self._free: list[int] = []
        self._vocabulary: dict[str, int] = {}
        # Of each term: slot -> counts by field.
        self._postings: list[dict[int, Floats]] = []
        self._lengths = np.zeros((64, len(FIELDS)))
        self._taken = np.zeros(64, dtype=bool)
        self._impacts: dict[int, tuple[Ints, Floats]] = {}
        self._idf: Floats | None = None
        self._norms: Floats | None = None
        for tool in tools:
            self.upsert(tool)

    def __len__(self) -> int:
        return len(self._slot_of)

    @property
    def capacity(self) -> int:
        """One more than the highest slot."""
        return len(self.entries)

    @property
    def taken(self) -> Mask:
        """[capacity]: which slots hold a tool; changes with the index."""
        return self._taken[: self.capacity]

    def slot_of(self, name: str) -> int | None:
        """Where a tool is, if it is here."""
        return self._slot_of.get(name)

    def slots(self) -> dict[str, int]:
        """Every tool's slot by name; do not change it."""
        return self._slot_of

    def entry(self, slot: int) -> ToolEntry:
        """The tool in a slot that is taken."""
        entry = self.entries[slot]
        if entry is None:
            raise KeyError(f"slot {slot} holds no tool")
        return entry

    def upsert(self, tool: ToolText) -> int:
        """Adds a tool, or replaces the one of its name; gives its slot."""
        self.remove(tool.name)
        slot = self._free.pop() if self._free else len(self.entries)
        if slot == len(self.entries):
            self.entries.append(None)
            if slot == len(self._lengths):
                self._lengths = np.vstack([self._lengths, np.zeros_like(self._lengths)])
                self._taken = np.concatenate([self._taken, np.zeros_like(self._taken)])
        entry = self.entries[slot] = self._entry_of(tool)
        for term, counts in zip(entry.term_ids.tolist(), entry.counts, strict=True):
            self._postings[term][slot] = counts
        self._lengths[slot] = entry.counts.sum(axis=0)
        self._slot_of[tool.name] = slot
        self._taken[slot] = True
        self._forget_derived()
        return slot

    def remove(self, name: str) -> int | None:
        """Takes a tool out; gives its former slot, or None where it was not here."""
        slot = self._slot_of.pop(name, None)
        if slot is None:
            return None
        for term in self.entry(slot).term_ids.tolist():
            del self._postings[term][slot]
        self.entries[slot] = None
        self._lengths[slot] = 0
        self._taken[slot] = False
        self._free.append(slot)
        self._forget_derived()
        return slot

    def term_ids(self, terms: Iterable[str]) -> list[int]:
        """The ids of the known terms, each once, in order."""
        return list(dict.fromkeys(self._vocabulary[term] for term in terms if term in self._vocabulary))

    @property
    def vocabulary_size(self) -> int:
        """How many term ids there are."""
        return len(self._vocabulary)

    @property
    def idf(self) -> Floats:
        """[terms]: how telling each term is; high where few tools have it."""
        if self._idf is None:
            found_in = np.fromiter(map(len, self._postings), dtype=np.float64, count=len(self._postings))
            self._idf = np.log1p((len(self) - found_in + 0.5) / (found_in + 0.5))
        return self._idf

    @property
    def unknown_idf(self) -> float:
        """The idf of a term that no tool has."""
        return float(np.log1p((len(self) + 0.5) / 0.5))

    def score(self, term_ids: Iterable[int]) -> Floats:
        """BM25F of every slot, [capacity]; 0 for a slot without a match or a tool."""
        scores = np.zeros(self.capacity)
        for term in term_ids:
            slots, impact = self._impact_of(term)
            scores[slots] += impact
        return scores

    def _impact_of(self, term: int) -> tuple[Ints, Floats]:
        known = self._impacts.get(term)
        if known is not None:
            return known
        posting = self._postings[term]
        slots = np.fromiter(posting.keys(), dtype=np.intp, count=len(posting))
        counts = np.array(list(posting.values())).reshape(len(posting), len(FIELDS))
        frequency = (counts / self._length_norms()[slots]) @ FIELD_WEIGHTS
        impact = self.idf[term] * frequency * (_K1 + 1) / (frequency + _K1)
        self._impacts[term] = slots, impact
        return slots, impact

    def _length_norms(self) -> Floats:
        if self._norms is None:
            mean = np.maximum(self._lengths.sum(axis=0) / max(len(self), 1), 1e-9)
            self._norms = 1 - _B + _B * self._lengths / mean
        return self._norms

    def _forget_derived(self) -> None:
        self._impacts.clear()
        self._idf = self._norms = None

    def _entry_of(self, tool: ToolText) -> ToolEntry:
        counts: dict[int, Counter[int]] = {}
        bigrams: set[int] = set()
        for field, text in enumerate(tool.field_texts()):
            ids = [self._id_of(term) for term in terms_of(text)]
            for term in ids:
                counts.setdefault(term, Counter())[field] += 1
            if field < _BIGRAM_FIELDS:
                bigrams.update(bigrams_of(ids))
        if not counts:
            # Sums over a tool's terms need at least one; this one is asked by nobody and counts nothing.
            counts[self._id_of("")] = Counter()
        table = np.array([[by_field[field] for field in range(len(FIELDS))] for by_field in counts.values()], float)
        ids_array = np.fromiter(counts.keys(), dtype=np.intp, count=len(counts))
        return ToolEntry(tool, ids_array, table.reshape(len(counts), len(FIELDS)), frozenset(bigrams))

    def _id_of(self, term: str) -> int:
        known = self._vocabulary.setdefault(term, len(self._vocabulary))
        if known == len(self._postings):
            self._postings.append({})
        return known


def bigrams_of(term_ids: list[int]) -> set[int]:
    """Neighbouring terms as one number a pair."""
    return {first << 32 | second for first, second in pairwise(term_ids)}
