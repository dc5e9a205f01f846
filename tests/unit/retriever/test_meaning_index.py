"""Tools are compared by description and examples."""

import numpy as np
import pytest

from toolmesh_retriever.domain.centring import TypicalMeans, Vectors
from toolmesh_retriever.domain.embedded_line import TextKind
from toolmesh_retriever.domain.meaning_index import Cosines, MeaningIndex
from toolmesh_retriever.domain.tool_text import ToolText

AXES = np.eye(4, dtype=np.float32)
NOTHING = {"en": np.zeros(4, np.float32), "zh": np.zeros(4, np.float32)}
SONG = ToolText("song", "Plays a song", examples=("put some music on", "play it again"))
RAIN = ToolText("rain", "Rain of tomorrow")
BOTH = {"song: Plays a song": AXES[0], "rain: Rain of tomorrow": AXES[1]}


def index_of(*tools: ToolText, vectors: dict[str, Vectors]) -> MeaningIndex:
    index = MeaningIndex()
    index.set_means(TypicalMeans(NOTHING, NOTHING))
    for slot, tool in enumerate(tools):
        index.put(slot, tool.lines())
    index.add({line.key: vectors[line.text] for line in index.missing() if line.text in vectors})
    return index


def compared(index: MeaningIndex, request: Vectors, capacity: int = 2) -> Cosines:
    cosines = index.cosines(request[None], capacity)
    assert cosines is not None
    return cosines


def test_what_is_missing_is_told_descriptions_first() -> None:
    missing = index_of(SONG, RAIN, vectors={}).missing()
    assert [line.text for line in missing] == [*BOTH, "put some music on", "play it again"]
    assert [line.kind for line in missing[1:3]] == [TextKind.PASSAGE, TextKind.REQUEST]


def test_a_tool_is_as_near_as_the_nearest_of_description_and_examples() -> None:
    index = index_of(SONG, RAIN, vectors={**BOTH, "play it again": AXES[2]})
    near_example = compared(index, AXES[2])
    assert near_example.best[0, 0] == near_example.examples[0, 0] == pytest.approx(1)
    assert near_example.examples[0, 1] == 0
    assert compared(index, AXES[0]).best[0].argmax() == 0
    assert compared(index, AXES[1]).best[0].argmax() == 1


def test_a_tool_without_a_vector_is_taken_as_an_average_one() -> None:
    index = index_of(SONG, RAIN, ToolText("new"), vectors=BOTH)
    best = compared(index, AXES[0], 3).best[0]
    assert best[2] == pytest.approx((best[0] + best[1]) / 2)
    assert index.described(3).tolist() == [True, True, False]


def test_nothing_is_compared_without_means_vectors_or_equal_dimensions() -> None:
    assert index_of(SONG, vectors={}).cosines(AXES[:1], 1) is None
    full = index_of(RAIN, vectors=BOTH)
    assert full.cosines(np.ones((1, 3), np.float32), 1) is None
    full.forget()
    assert full.cosines(AXES[:1], 1) is None
    assert len(full.missing()) == 1


def test_a_dropped_tool_is_compared_no_more() -> None:
    index = index_of(SONG, RAIN, vectors=BOTH)
    index.drop(0)
    assert index.described(2).tolist() == [False, True]
    assert compared(index, AXES[0]).best.shape == (1, 2)
