"""Tools that measure a text given to them."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from toolmesh_tool_data.domain import text_measures
from toolmesh_toolkit import Example, tool

MAX_TEXT = 200_000
LIMIT = timedelta(seconds=10)

Text = Annotated[str, Field(max_length=MAX_TEXT)]


class WordCount(TypedDict):
    """A word or group of Chinese characters, and how often it occurs."""

    word: str
    count: int


class TextStatistics(TypedDict):
    """Measures of a text; each Chinese character counts as a word."""

    words: int
    sentences: int
    paragraphs: int
    lines: int
    characters: int
    characters_without_spaces: int
    chinese_characters: int
    reading_minutes: float
    top_words: list[WordCount]


class Occurrences(TypedDict):
    """How often a piece of text occurs."""

    search_for: str
    count: int


@tool(
    idempotent=True,
    read_only=True,
    timeout=LIMIT,
    tags=("text",),
    version="1",
    examples=[
        Example("How many words are in this text: The quick brown fox jumps.", {"text": "The quick brown fox jumps."}),
        "Count the sentences and characters of this paragraph",
        "How long does it take to read this text?",
        Example("这段话有多少个字：今天天气很好。", {"text": "今天天气很好。"}),
        "统计下面文字的字数和句数",
    ],
)
def text_statistics(text: Annotated[Text, Field(description="The text to measure.")]) -> TextStatistics:
    """Count the words, sentences, paragraphs and characters of a text, its reading time and its most frequent words."""
    measures = text_measures.measure(text)
    return TextStatistics(
        words=measures.words,
        sentences=measures.sentences,
        paragraphs=measures.paragraphs,
        lines=measures.lines,
        characters=measures.characters,
        characters_without_spaces=measures.characters_without_spaces,
        chinese_characters=measures.chinese_characters,
        reading_minutes=measures.reading_minutes,
        top_words=[WordCount(word=word, count=count) for word, count in measures.top_words],
    )


@tool(
    idempotent=True,
    read_only=True,
    timeout=LIMIT,
    tags=("text",),
    version="1",
    examples=[
        Example("How many times does the letter r occur in strawberry?", {"text": "strawberry", "search_for": "r"}),
        "How often does the word 'the' appear in this text?",
        Example("“好”字在“好好学习”里出现了几次", {"text": "好好学习", "search_for": "好"}),
    ],
)
def count_occurrences(
    text: Annotated[Text, Field(description='The text to look through, such as "strawberry".')],
    search_for: Annotated[
        str, Field(min_length=1, max_length=200, description='The letter, word or phrase to count, such as "r".')
    ],
    whole_words: Annotated[
        bool, Field(description="Count only whole words, so that cat is not found in category.")
    ] = False,
    match_case: Annotated[bool, Field(description="Tell capital from small letters.")] = False,
) -> Occurrences:
    """Count how many times a letter, word or phrase occurs in a text."""
    count = text_measures.count_occurrences(text, search_for, whole_words=whole_words, match_case=match_case)
    return Occurrences(search_for=search_for, count=count)
