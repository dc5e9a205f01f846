"""Documents are recognised, cut into passages and scored."""

from itertools import pairwise

import pytest

from toolmesh_core.errors import InvalidInput
from toolmesh_retriever.domain.media_types import HTML, MARKDOWN, PDF, TEXT, media_type_of
from toolmesh_retriever.domain.passage_cutting import PASSAGE_TOKENS, Section, cut_passages, token_count
from toolmesh_retriever.domain.passage_scoring import meaning_score, passage_score, word_score, word_weights


def test_a_short_section_is_one_passage_with_its_heading_and_page() -> None:
    (passage,) = cut_passages([Section("One line.\n\nAnother line.", "Head", 3)])
    assert (passage.text, passage.heading, passage.page) == ("One line.\nAnother line.", "Head", 3)


def test_a_long_section_is_cut_into_passages_of_bounded_size_that_overlap() -> None:
    sentences = [f"Sentence number {number} says something plain." for number in range(120)]
    passages = [passage.text for passage in cut_passages([Section(" ".join(sentences))])]
    assert len(passages) > 3
    assert all(token_count(text) <= PASSAGE_TOKENS for text in passages)
    for before, after in pairwise(passages):
        assert after.startswith(before.rpartition("Sentence number")[1])
        assert any(sentence in before and sentence in after for sentence in sentences)
    assert all(any(sentence in text for text in passages) for sentence in sentences)


def test_an_endless_word_is_cut_too() -> None:
    passages = list(cut_passages([Section("x" * 20_000)]))
    assert len(passages) > 5
    assert sum(len(passage.text.replace(" ", "")) for passage in passages) >= 20_000


def test_chinese_is_cut_at_its_sentences() -> None:
    passages = [passage.text for passage in cut_passages([Section("这是一个很长的句子，用来测试切分。" * 60)])]
    assert len(passages) > 3
    assert all(text.endswith("。") for text in passages)


def test_blank_sections_give_no_passage() -> None:
    assert list(cut_passages([Section(" \n\n "), Section("")])) == []


@pytest.mark.parametrize(
    ("said", "source", "content", "media_type"),
    [
        ("text/html; charset=utf-8", "", b"x", HTML),
        ("", "notes.md", b"# x", MARKDOWN),
        ("", "https://example.org/a.html?x=1", b"x", HTML),
        ("", "report.txt", b"%PDF-1.7 x", PDF),
        ("", "", b"  <!DOCTYPE html><p>x", HTML),
        ("", "", b"plain", TEXT),
        ("", "", "\ufeffx".encode("utf-16"), TEXT),
    ],
)
def test_the_media_type_is_as_said_or_guessed(said: str, source: str, content: bytes, media_type: str) -> None:
    assert media_type_of(said, source, content) == media_type


@pytest.mark.parametrize(("said", "content"), [("image/png", b"x"), ("", b"\x7fELF\0\0")])
def test_what_is_no_document_is_refused(said: str, content: bytes) -> None:
    with pytest.raises(InvalidInput):
        media_type_of(said, "", content)


def test_a_passage_with_the_rare_words_scores_higher() -> None:
    weights = word_weights(100, {"rare": 1, "common": 90})
    assert word_score(weights, {"rare"}) > 0.9
    assert word_score(weights, {"common"}) < 0.1
    assert word_score({}, {"x"}) == 0


def test_both_parts_make_the_score_and_words_alone_where_meaning_is_unknown() -> None:
    assert passage_score(0.5, None) == 0.5
    assert passage_score(0.0, 1.0) < passage_score(1.0, 1.0) == pytest.approx(1)
    assert meaning_score(0.0) == 0
    assert meaning_score(0.99) == 1
