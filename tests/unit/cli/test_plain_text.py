"""Text that others wrote, made harmless."""

import json

from hypothesis import given
from hypothesis import strategies as st

from toolmesh_cli.plain_text import compact_json, one_line, plain, pretty_json

FORBIDDEN = {chr(c) for c in (*range(9), *range(0x0B, 0x20), *range(0x7F, 0xA0), 0x202E, 0x2066)}


def test_tabs_newlines_and_every_script_stay() -> None:
    text = "a\tb\n北京 العربية \N{GRINNING FACE}"
    assert plain(text) == text


def test_controls_are_shown_instead_of_obeyed() -> None:
    assert plain("\x1b[31m\r\x7f\x9b\u202e") == "␛[31m␍␡\\u009b\\u202e"


def test_one_line_is_cut_with_a_mark() -> None:
    assert one_line("a\n b\t c") == "a b c"
    assert one_line("abcdef", 4) == "abc…"


@given(st.text())
def test_no_text_can_move_the_cursor(text: str) -> None:
    assert not FORBIDDEN & set(plain(text) + one_line(text))


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_json_means_the_same_and_holds_no_controls(text: str) -> None:
    for written in (compact_json({"t": text}), pretty_json({"t": text})):
        assert json.loads(written) == {"t": text}
        assert not (FORBIDDEN & set(written))
