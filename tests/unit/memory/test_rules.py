"""The rules of ids, titles, messages and artifact descriptions."""

import pytest

from toolmesh_core.errors import InvalidInput
from toolmesh_memory.domain.artifact import check_file_name, check_media_type, is_artifact_id
from toolmesh_memory.domain.session import Message, ToolCall, check_messages, check_session_id, check_title, check_user


@pytest.mark.parametrize("identity", ["a", "A-b_9", "x" * 64])
def test_a_plain_id_is_a_session_id(identity: str) -> None:
    assert check_session_id(identity) == identity


@pytest.mark.parametrize("identity", ["", "a b", "../x", "x" * 65, "ü", "a\n", "a/b"])
def test_anything_else_is_refused_and_named(identity: str) -> None:
    with pytest.raises(InvalidInput, match="is not an id") as caught:
        check_session_id(identity)
    assert caught.value.field == "session"


def test_a_call_without_a_user_is_refused() -> None:
    with pytest.raises(InvalidInput, match="user is empty"):
        check_user("")
    with pytest.raises(InvalidInput, match="257 characters"):
        check_user("u" * 257)


def test_a_long_title_is_refused() -> None:
    assert check_title("t" * 500)
    with pytest.raises(InvalidInput, match="501 characters"):
        check_title("t" * 501)


def test_adding_no_messages_is_refused() -> None:
    with pytest.raises(InvalidInput, match="messages is empty"):
        check_messages([], 100)


def test_messages_over_the_limit_are_refused_by_all_their_bytes() -> None:
    message = Message("assistant", "öö", (ToolCall("1", "t", "{}"),))
    check_messages([message], 8)
    with pytest.raises(InvalidInput, match="16 bytes, over the limit of 15"):
        check_messages([message, message], 15)


def test_a_missing_media_type_is_bytes_of_unknown_kind() -> None:
    assert check_media_type("") == "application/octet-stream"
    assert check_media_type("text/plain; charset=utf-8") == "text/plain; charset=utf-8"


@pytest.mark.parametrize("media_type", ["text", "text/", "a b/c", "text/plain\r\nX: y", "text/plain;\x01"])
def test_a_media_type_that_could_break_a_header_is_refused(media_type: str) -> None:
    with pytest.raises(InvalidInput, match="is not a media type"):
        check_media_type(media_type)


@pytest.mark.parametrize("name", ["a/b", "..", "a\\b", "a\nb", "\x1b[2J", "x" * 256])
def test_a_file_name_that_is_a_path_or_not_printable_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput):
        check_file_name(name)


def test_a_plain_file_name_in_any_script_is_kept() -> None:
    assert check_file_name("报告 2030.pdf") == "报告 2030.pdf"


def test_only_the_hash_form_is_an_artifact_id() -> None:
    assert is_artifact_id("sha256-" + "0f" * 32)
    assert not is_artifact_id("sha256-" + "0F" * 32)
    assert not is_artifact_id("../../etc/passwd")
