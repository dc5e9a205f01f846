"""Keys, scopes and buckets."""

import hashlib
import stat
from pathlib import Path

import pytest

from toolmesh_core.errors import InvalidInput, PermissionDenied, Unauthenticated, Unavailable
from toolmesh_gateway.adapters.key_files import further_keys, main_key
from toolmesh_gateway.app.authenticate import Authenticate
from toolmesh_gateway.domain.api_key import ApiKey, KeyLimits, KeyRing, digest_of
from toolmesh_gateway.domain.token_bucket import TokenBucket

LIMITS = KeyLimits(rate_per_s=1.0, burst=3, max_runs=2)
DIGEST = hashlib.sha256(b"the key").hexdigest()
ENTRY = f'[[keys]]\nname = "ci"\nuser = "builder"\nsha256 = "{DIGEST}"\nscopes = ["runs", "tools:read"]\n'


def key(*scopes: str) -> ApiKey:
    return ApiKey("k", "u", digest_of("the key"), frozenset(scopes), LIMITS)


def test_a_key_is_known_by_its_hash_only() -> None:
    ring = KeyRing([key("runs")])
    found = ring.find("the key")
    assert found is not None
    assert "the key" not in repr(found)
    assert ring.find("the kez") is None


def test_admin_grants_every_scope() -> None:
    authenticate = Authenticate(KeyRing([key("admin")]))
    assert authenticate("bearer  the key", "tools:write").user == "u"


def test_a_scope_is_not_granted_by_another() -> None:
    with pytest.raises(PermissionDenied, match="'tools:invoke'"):
        Authenticate(KeyRing([key("tools:read")]))("Bearer the key", "tools:invoke")


def test_without_keys_everybody_is_the_owner() -> None:
    assert Authenticate(KeyRing([]), everybody=key("admin"))("", "runs").name == "k"


def test_an_unknown_key_is_not_repeated() -> None:
    with pytest.raises(Unauthenticated) as caught:
        Authenticate(KeyRing([]))("Bearer someones-secret", "runs")
    assert "someones-secret" not in str(caught.value)


def test_a_bucket_refills_at_its_rate_up_to_its_burst() -> None:
    bucket = TokenBucket.full(2.0, 3, now=0.0)
    assert [bucket.take(0.0) for _ in range(4)] == [True, True, True, False]
    assert bucket.wait_s() == pytest.approx(0.5)
    assert bucket.full_in_s() == pytest.approx(1.5)
    assert bucket.take(0.5)
    assert not bucket.take(0.6)
    assert [bucket.take(100.0) for _ in range(4)] == [True, True, True, False]


def test_a_bucket_survives_a_clock_that_goes_back() -> None:
    bucket = TokenBucket.full(2.0, 1, now=10.0)
    assert bucket.take(5.0)
    assert not bucket.take(5.0)


def test_the_main_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "data" / "api_key"
    made = main_key(path)
    assert made.startswith("tm_")
    assert len(made) > 40
    assert main_key(path) == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_an_empty_key_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "api_key").write_text("\n")
    with pytest.raises(InvalidInput, match="is empty"):
        main_key(tmp_path / "api_key")


def test_a_key_file_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="api_key: File exists"):
        main_key(tmp_path / "file" / "api_key")


def read(tmp_path: Path, text: str) -> list[ApiKey]:
    path = tmp_path / "keys.toml"
    path.write_text(text)
    return further_keys(path, LIMITS)


def test_further_keys_have_their_own_user_scopes_and_limits(tmp_path: Path) -> None:
    (ci,) = read(tmp_path, ENTRY + "burst = 9\n")
    assert (ci.name, ci.user, ci.scopes) == ("ci", "builder", {"runs", "tools:read"})
    assert ci.limits == KeyLimits(rate_per_s=1.0, burst=9, max_runs=2)
    assert KeyRing([ci]).find("the key") == ci


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[[keys]", "is not TOML"),
        ("[[key]]", "unknown entry 'key'"),
        (ENTRY.replace(DIGEST, "my-secret-key"), "'sha256' must be the 64"),
        (ENTRY.replace("tools:read", "tools:all"), "unknown scope 'tools:all'"),
        (ENTRY.replace('"builder"', '""'), "'user' must be a text"),
        (ENTRY + "burst = 0\n", "'burst' must be a number over 0, got 0"),
        (ENTRY + "colour = 1\n", "unknown field 'colour'"),
        (ENTRY + ENTRY, "name 'ci' stands 2 times"),
        (ENTRY.replace('"ci"', '"main"'), "taken by the main key"),
    ],
)
def test_a_wrong_keys_file_is_refused_with_every_fault(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(tmp_path, text)
    assert fault in caught.value.message
    assert "my-secret-key" not in caught.value.message


def test_a_missing_keys_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"nowhere\.toml"):
        further_keys(tmp_path / "nowhere.toml", LIMITS)
