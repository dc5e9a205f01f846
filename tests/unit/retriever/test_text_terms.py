"""Text is cut into terms and requests into clauses."""

import pytest

from toolmesh_retriever.domain.request_clauses import MOST_CLAUSES, clauses_of
from toolmesh_retriever.domain.text_terms import has_cjk, terms_of


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("getVRGame", ["get", "vr", "game"]),
        ("search_films-by.year", ["search", "film", "year"]),
        ("Calculating distances", ["calcul", "distanc"]),
        ("Café in São Paulo", ["cafe", "sao", "paulo"]),
        ("2024-05-01", ["2024", "05", "01"]),
        ("please give me the", []),
        ("", []),
    ],
)
def test_words_become_stems_without_what_only_asks(text: str, terms: list[str]) -> None:
    assert terms_of(text) == terms


def test_chinese_becomes_pairs_of_characters_without_what_only_asks() -> None:
    assert terms_of("请问北京天气怎么样？") == ["北京", "京天", "天气"]


def test_latin_words_inside_chinese_are_words() -> None:
    assert terms_of("翻译PDF文件") == ["翻译", "pdf", "文件"]


def test_cjk_is_recognised() -> None:
    assert has_cjk("say 你好")
    assert not has_cjk("héllo")


def test_a_request_is_cut_at_sentences_and_steps() -> None:
    clauses = clauses_of("Find the film Alien. Book two seats, and then send an invitation")
    assert [clause.text for clause in clauses] == ["Find the film Alien.", "Book two seats", "send an invitation"]


def test_a_chinese_request_is_cut_at_its_own_marks() -> None:
    clauses = clauses_of("查一下北京的天气，然后记一条笔记。谢谢你！")
    assert [clause.text for clause in clauses][:2] == ["查一下北京的天气", "然后记一条笔记。"]


def test_parts_that_only_ask_are_left_out() -> None:
    assert [clause.text for clause in clauses_of("Please help me. Convert euros.")] == ["Convert euros."]


def test_a_request_of_no_terms_is_one_clause_without_terms() -> None:
    (clause,) = clauses_of("can you?")
    assert clause.terms == ()
    assert clause.text == "can you?"


@pytest.mark.parametrize("request_text", ["translate book. " * 101 + "sing", "word " * 2000 + "sing", "歌词" * 4000])
def test_an_endless_request_has_few_clauses_and_keeps_all_its_words(request_text: str) -> None:
    clauses = clauses_of(request_text)
    assert 1 < len(clauses) <= MOST_CLAUSES
    assert {term for clause in clauses for term in clause.terms} == set(terms_of(request_text))
