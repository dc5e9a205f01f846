"""The rule of tool names."""

import re

from hypothesis import given
from hypothesis import strategies as st

from toolmesh_imports.grpc_reflection.tool_names import tool_names

WORDS = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,30}", fullmatch=True)
SERVICES = st.lists(WORDS, min_size=1, max_size=5).map(".".join)
METHODS = st.lists(st.tuples(SERVICES, WORDS), unique=True, max_size=12)


def test_the_package_is_left_out_where_the_service_says_enough() -> None:
    methods = [("library.v1.Library", "GetBook"), ("library.v1.Shelves", "GetBook"), ("Plain", "Do")]
    assert tool_names(methods) == ["Library_GetBook", "Shelves_GetBook", "Plain_Do"]


def test_as_much_of_the_package_is_kept_as_tells_services_apart() -> None:
    methods = [("a.v1.Library", "Get"), ("a.v2.Library", "Get"), ("b.v2.Library", "Get"), ("c.Other", "Get")]
    assert tool_names(methods) == ["v1_Library_Get", "a_v2_Library_Get", "b_v2_Library_Get", "Other_Get"]


def test_a_prefix_comes_first() -> None:
    assert tool_names([("a.B", "C")], "shop_") == ["shop_B_C"]


def test_a_long_name_is_cut_and_told_apart_by_digits() -> None:
    first, second = tool_names([("a.S", "M" * 70), ("a.S", "M" * 71)])
    assert len(first) == len(second) == 64
    assert first != second
    assert re.fullmatch(r"S_M{53}_[0-9a-f]{8}", first)


def test_names_that_the_underscore_makes_the_same_are_told_apart() -> None:
    names = tool_names([("S_A", "B"), ("S", "A_B")])
    assert [name[:6] for name in names] == ["S_A_B_", "S_A_B_"]
    assert len(set(names)) == 2


@given(METHODS)
def test_every_name_is_url_safe_and_no_two_are_the_same(methods: list[tuple[str, str]]) -> None:
    names = tool_names(methods)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) for name in names)
    assert len(set(names)) == len(methods)


@given(METHODS)
def test_names_do_not_depend_on_the_order_of_methods(methods: list[tuple[str, str]]) -> None:
    assert dict(zip(methods, tool_names(methods), strict=True)) == dict(
        zip(methods[::-1], tool_names(methods[::-1]), strict=True)
    )
