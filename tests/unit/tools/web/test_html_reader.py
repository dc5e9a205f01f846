"""HTML as text: what is read, what is left out, and that no markup takes long."""

import time

import pytest

from toolmesh_tool_web.domain.html_reader import read_html


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>one</p><p>two</p>", "one\ntwo"),
        ("<div>a</div>b", "a\nb"),
        ("a <b>bold</b>, a&nbsp;link &amp; more", "a bold, a link & more"),
        ("<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>", "1 2\n3"),
        ("a<br>b<BR/>c", "a\nb\nc"),
        ("<a title=\"x > y\" href='z'>link</a>", "link"),
        ("<p title='it\"s > 1'>ok</p>", "ok"),
        ("x<script>if (1 < 2) { bad() }</script>y", "xy"),
        ("x<SCRIPT>bad()</Script >y", "xy"),
        ("<style>p > a {}</style>z", "z"),
        ("a<!-- <p>hidden</p> -->b", "ab"),
        ("<!doctype html><?xml?>c", "c"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("&lt;script&gt;", "<script>"),
        ("<p>你好，\n世界</p>", "你好， 世界"),
        ("unclosed <p attr", "unclosed"),
        ('unclosed <p a="b>c', "unclosed\nc"),
        ("<script>never closed", ""),
        ("", ""),
    ],
)
def test_text_is_what_a_person_would_read(markup: str, text: str) -> None:
    assert read_html(markup).text == text


def test_the_first_title_is_the_title_and_no_text() -> None:
    read = read_html("<head><TITLE>A &amp;\n B</title></head><body>c<svg><title>d</title></svg></body>")
    assert (read.title, read.text) == ("A & B", "c")


PIECES = (
    *("<div>", "</div>", "<", "<a", "<a ", '<a "', "<a '", "<a \"'>", "<script>", "<script", "<!--", "<!", "&", "&amp"),
    *("<title>", "\n ", "<p>\n", '<p a=">">', "-->", "<svg><svg>", "x" * 10),
)


@pytest.mark.parametrize("piece", PIECES)
def test_a_megabyte_of_anything_is_read_in_seconds(piece: str) -> None:
    started = time.perf_counter()
    read_html(piece * (1_000_000 // len(piece)))
    assert time.perf_counter() - started < 10
