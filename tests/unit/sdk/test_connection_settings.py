"""Where the platform is and with which key."""

from pathlib import Path

import pytest

from toolmesh_sdk import Client, InvalidInput
from toolmesh_sdk.connection_settings import find_connection


def test_without_any_word_the_platform_is_on_this_machine(tmp_path: Path) -> None:
    found = find_connection(environment={"TOOLMESH_DATA_DIR": str(tmp_path)})
    assert (found.base_url, found.api_key) == ("http://127.0.0.1:8080", None)
    assert "Authorization" not in found.headers()


def test_an_argument_wins_over_the_environment() -> None:
    environment = {"TOOLMESH_URL": "http://env:1", "TOOLMESH_API_KEY": "from-env"}
    assert find_connection("http://arg:2/", "from-arg", environment).base_url == "http://arg:2"
    assert find_connection("http://arg:2", "from-arg", environment).api_key == "from-arg"
    assert find_connection(environment=environment).base_url == "http://env:1"
    assert find_connection(environment=environment).api_key == "from-env"


def test_the_key_is_found_in_the_data_folder(tmp_path: Path) -> None:
    (tmp_path / "api_key").write_text("from-file\n")
    assert find_connection(environment={"TOOLMESH_DATA_DIR": str(tmp_path)}).api_key == "from-file"


def test_the_data_folder_is_dot_toolmesh_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".toolmesh").mkdir()
    (tmp_path / ".toolmesh" / "api_key").write_text("here")
    assert find_connection(environment={}).api_key == "here"


@pytest.mark.parametrize("url", ["127.0.0.1:8080", "ftp://x", "http://", "unix:/tmp/x"])
def test_an_address_that_is_none_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(InvalidInput, match="write it like http"):
        find_connection(url, environment={})


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "schlüssel"])
def test_a_key_that_no_header_can_carry_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        find_connection(api_key=key, environment={})
    assert key not in caught.value.message


def test_the_key_is_not_in_the_repr() -> None:
    assert "secret" not in repr(find_connection(api_key="secret", environment={}))


def test_a_proxy_is_asked_only_for_other_machines() -> None:
    assert find_connection(environment={}).is_loopback
    assert not find_connection("https://toolmesh.example.org", environment={}).is_loopback
    with Client("https://toolmesh.example.org", "k") as client:
        assert client.base_url == "https://toolmesh.example.org"
