"""Vectors are compared by subject, not by language."""

import numpy as np
import pytest

from toolmesh_retriever.domain.centring import TypicalMeans, Vectors, centred_passages, centred_requests
from toolmesh_retriever.domain.typical_texts import PASSAGES, REQUESTS, language_of

SIZE = 6
ENGLISH, CHINESE, QUESTION = (np.eye(SIZE, dtype=np.float32)[axis] * 3 for axis in (0, 1, 2))
MEANS = TypicalMeans({"en": ENGLISH + QUESTION, "zh": CHINESE + QUESTION}, {"en": ENGLISH, "zh": CHINESE})


def subject(axis: int) -> Vectors:
    return np.eye(SIZE, dtype=np.float32)[axis]


def test_a_chinese_request_is_nearest_to_the_english_passage_of_its_subject() -> None:
    passages = np.stack([ENGLISH + subject(3), ENGLISH + subject(4), CHINESE + subject(5)])
    request = (CHINESE + QUESTION + subject(4))[None]
    plain = (passages @ request.T)[:, 0]
    assert plain.argmax() == 2
    centred = centred_passages(passages, ["en", "en", "zh"], MEANS) @ centred_requests(request, ["天气"], MEANS).T
    assert centred[:, 0].argmax() == 1


def test_a_single_passage_is_not_centred_away() -> None:
    centred = centred_passages((ENGLISH + subject(3))[None], ["en"], MEANS)
    assert centred @ subject(3) > 0.9


def test_what_a_large_collection_has_in_common_is_taken_off() -> None:
    shared = 2 * subject(5)
    passages = np.stack([ENGLISH + shared + subject(3 + number % 2) for number in range(400)])
    centred = centred_passages(passages, ["en"] * 400, MEANS)
    assert abs(centred @ subject(5)).max() < 0.2


def test_vectors_are_of_length_one_and_a_mean_itself_is_no_division_by_zero() -> None:
    centred = centred_requests(np.stack([ENGLISH + QUESTION, subject(3)]), ["x", "y"], MEANS)
    assert np.isfinite(centred).all()
    assert np.linalg.norm(centred[1]) == pytest.approx(1)


def test_the_typical_texts_are_of_their_language_and_none_is_twice() -> None:
    for texts in (REQUESTS, PASSAGES):
        for language, typical in texts.items():
            assert {language_of(text) for text in typical} == {language}
            assert len(set(typical)) == len(typical) >= 24
