"""What may be deployed, how it is told apart, and which environment it needs."""

import pytest

from toolmesh_core.errors import InvalidInput
from toolmesh_tool_host.domain.deployment import ResourceLimits
from toolmesh_tool_host.domain.requirements import environment_digest, needs_installing
from toolmesh_tool_host.domain.source import (
    ImportSource,
    PythonSource,
    SourceBounds,
    SourceFile,
    check_name,
    check_source,
    digest_of,
    path_trouble,
)

BOUNDS = SourceBounds(most_bytes=1000, most_files=3)


def source(files: dict[str, str], *secrets: str) -> PythonSource:
    return PythonSource(tuple(SourceFile(path, text.encode()) for path, text in files.items()), secrets)


@pytest.mark.parametrize("path", ["a.py", "a/b.txt", "a b/ü.py", ".hidden", "a..b"])
def test_a_plain_relative_path_is_taken(path: str) -> None:
    assert path_trouble(path) == ""


@pytest.mark.parametrize(
    "path", ["", "/a", "a/", "a//b", ".", "..", "a/..", "../a", "./a", "a\\b", "a\0b", "a\nb", "a" * 401, "é" * 200]
)
def test_any_other_path_is_refused(path: str) -> None:
    assert path_trouble(path)


@pytest.mark.parametrize("name", ["a", "A-b_9", "9" * 63])
def test_a_name_is_letters_digits_and_two_signs(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize("name", ["", "a b", "a/b", "..", "a.b", "ä", "9" * 64, "a\n"])
def test_any_other_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="'name'"):
        check_name(name)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "no .py file at the top"),
        ({"a/b.py": ""}, "no .py file at the top"),
        ({"a.py": "x" * 1001}, "1001 bytes"),
        ({"a.py": "", "b": "", "c": "", "d": ""}, "4 files"),
        ({"a.py": "", "a.py/b": ""}, "is inside another file"),
    ],
)
def test_a_source_out_of_bounds_is_refused(files: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        check_source(source(files), BOUNDS)


def test_a_path_that_comes_twice_is_refused() -> None:
    twice = PythonSource((SourceFile("a.py", b""), SourceFile("a.py", b"x")))
    with pytest.raises(InvalidInput, match="twice"):
        check_source(twice, BOUNDS)


def test_an_import_is_bounded_too() -> None:
    with pytest.raises(InvalidInput, match="1001 bytes"):
        check_source(ImportSource("openapi", b"x" * 1001), BOUNDS)


@pytest.mark.parametrize("name", ["PATH", "home", "LD_PRELOAD", "PYTHONPATH", "TOOLMESH_X", "1A", "A-B", ""])
def test_a_secret_may_not_steer_the_process(name: str) -> None:
    with pytest.raises(InvalidInput, match="secret"):
        check_source(source({"a.py": ""}, name), BOUNDS)


def test_a_secret_of_any_other_name_may_be_asked_for() -> None:
    check_source(source({"a.py": ""}, "LDAP_PASSWORD", "weather_key", "PATHFINDER"), BOUNDS)


def test_the_digest_does_not_see_the_order_of_files_but_all_else() -> None:
    whole = digest_of(source({"a.py": "1", "b.py": "2"}))
    assert whole == digest_of(source({"b.py": "2", "a.py": "1"}))
    others = [
        source({"a.py": "2", "b.py": "1"}),
        source({"a.py": "1"}),
        source({"a.py": "1", "b.py": "2"}, "KEY"),
        source({"a.pyb.py": "12"}),
    ]
    assert whole not in {digest_of(other) for other in others}


@pytest.mark.parametrize("text", ["", "# nothing\n\n", "   \n"])
def test_requirements_that_ask_for_nothing_need_no_installing(text: str) -> None:
    assert not needs_installing(source({"a.py": "", "requirements.txt": text}))


def test_sources_with_equal_requirements_share_an_environment() -> None:
    one = source({"a.py": "1", "requirements.txt": "numpy>=2 # fast\nhttpx[http2]\n"})
    two = source({"b.py": "2", "requirements.txt": "numpy>=2\n\nhttpx[http2]"})
    assert environment_digest(one, "p") == environment_digest(two, "p")
    assert environment_digest(one, "p") != environment_digest(one, "q")


@pytest.mark.parametrize("line", ["./x.whl", "-r more.txt", "-e .", "x @ file:x.whl", "--find-links wheels"])
def test_requirements_that_name_files_belong_to_their_source(line: str) -> None:
    one, two = (source({"a.py": text, "requirements.txt": line}) for text in "12")
    assert environment_digest(one, "p") != environment_digest(two, "p")


def test_limits_are_filled_from_the_hosts_and_too_low_ones_refused() -> None:
    defaults = ResourceLimits(2**31, 1024, 256)
    assert ResourceLimits(open_files=128).filled_from(defaults) == ResourceLimits(2**31, 128, 256)
    for bad in (ResourceLimits(memory_bytes=1), ResourceLimits(open_files=-1), ResourceLimits(processes=2)):
        with pytest.raises(InvalidInput, match="limit '"):
            bad.check()
