"""What a page hides from readers does not reach the LLM."""

import time

import pytest

from toolmesh_tool_web.domain.hidden_text import without_hidden
from toolmesh_tool_web.domain.html_reader import read_html


@pytest.mark.parametrize(
    "hidden",
    [
        '<p style="display:none">trap</p>',
        '<p style="color:red; DISPLAY : none !important">trap</p>',
        "<div hidden>trap <b>more</b></div>",
        '<span aria-hidden="true">trap</span>',
        '<p style="visibility: hidden">trap</p>',
        '<p style="opacity:0.0">trap</p>',
        '<p style="font-size:0px;">trap</p>',
        '<div style="display:none"><p>trap</p></div>',
    ],
)
def test_hidden_elements_are_gone_and_their_neighbours_stay(hidden: str) -> None:
    text = read_html(without_hidden(f"<p>before</p>{hidden}after<p>last</p>")).text
    assert text.split() == ["before", "after", "last"]


@pytest.mark.parametrize(
    "shown",
    [
        '<p style="opacity:0.5">seen</p>',
        '<p style="font-size:0.9em">seen</p>',
        '<p aria-hidden="false">seen</p>',
        "<p>overflow: hidden; display: none</p>",
    ],
)
def test_what_is_seen_stays(shown: str) -> None:
    assert without_hidden(shown) == shown


def test_a_page_of_deep_nesting_is_read_in_time() -> None:
    began = time.monotonic()
    without_hidden("<div hidden>" * 50_000 + "x")
    assert time.monotonic() - began < 5
