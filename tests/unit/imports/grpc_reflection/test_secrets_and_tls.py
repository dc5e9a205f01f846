"""Metadata by secret reference, and who trusts whom."""

import json
import logging
import shutil
import subprocess
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor_pool import DescriptorPool
from unit.imports.grpc_reflection.kinds_server import Running, serving_kinds

from toolmesh_core.errors import FailedPrecondition, InvalidInput, NotFound, ToolError, Unavailable
from toolmesh_imports.grpc_reflection import (
    GrpcPeer,
    ImportOptions,
    SecretMetadata,
    TlsOptions,
    import_grpc,
)

TOKEN = 'tok"en-4711'
BEARER = (SecretMetadata("authorization", "weather", "Bearer "),)


class Secrets:
    """Secrets in a dictionary."""

    def __init__(self, **values: str) -> None:
        self.values = values

    async def secret(self, reference: str) -> str:
        if reference not in self.values:
            raise NotFound(f"no secret {reference!r}")
        return self.values[reference]


def peer_of(server: Running, value: str = TOKEN) -> GrpcPeer:
    return GrpcPeer(server.address, metadata=BEARER, secrets=Secrets(weather=value))


async def test_a_secret_is_sent_and_a_renewed_one_counts_at_once(server: Running) -> None:
    peer = peer_of(server, f"{TOKEN}\n")
    async with await import_grpc(peer) as found:
        await found.tools["Kinds_Echo"].call()
        peer.secrets.values["weather"] = "new"  # type: ignore[union-attr]
        await found.tools["Kinds_Count"].call()
    assert [sent["authorization"] for sent in server.seen.metadata] == [f"Bearer {TOKEN}", "Bearer new"]


async def test_a_secret_that_the_service_repeats_is_in_no_error_log_or_output(
    server: Running, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with await import_grpc(peer_of(server)) as found:
        with pytest.raises(ToolError, match=r"bad token \[secret\]!") as caught:
            await found.tools["Kinds_Fail"].call(json.dumps({"code": 3, "message": f"bad token {TOKEN}!"}))
        output = await found.tools["Kinds_Echo"].call(json.dumps({"stringValue": TOKEN}))
    told = "".join(traceback.format_exception(caught.value)) + caplog.text + repr(found.tools) + repr(peer_of(server))
    assert "4711" not in told
    assert json.loads(output)["stringValue"] == "[secret]"


@pytest.mark.parametrize(
    ("secrets", "problem"),
    [
        (None, "metadata 'authorization' needs the secret 'weather', and the import has no SecretSource"),
        (Secrets(), "the secret 'weather' is not there"),
        (Secrets(weather=" "), "the secret 'weather' is empty"),
        (Secrets(weather="4711\nx"), "the secret 'weather' has a line break or another character"),
        (Secrets(weather="4711é"), "the secret 'weather' has a line break or another character"),
    ],
)
async def test_a_secret_that_cannot_be_sent_is_named_and_not_told(
    server: Running, secrets: Secrets | None, problem: str
) -> None:
    peer = GrpcPeer(server.address, metadata=BEARER, secrets=secrets)
    with pytest.raises(FailedPrecondition, match=problem) as caught:
        await import_grpc(peer)
    assert "4711" not in "".join(traceback.format_exception(caught.value))


async def test_a_secret_that_is_lost_later_is_the_calls_failure(server: Running) -> None:
    peer = peer_of(server)
    async with await import_grpc(peer) as found:
        peer.secrets.values.clear()  # type: ignore[union-attr]
        with pytest.raises(ToolError, match="the secret 'weather' is not there") as caught:
            await found.tools["Kinds_Echo"].call()
    assert caught.value.reason == "SECRET_MISSING"


async def test_a_key_for_bytes_carries_bytes(server: Running) -> None:
    metadata = (SecretMetadata("token-bin", "weather"),)
    async with await import_grpc(GrpcPeer(server.address, metadata=metadata, secrets=Secrets(weather="é"))) as found:
        await found.tools["Kinds_Echo"].call()
    assert server.seen.metadata[0]["token-bin"] == "é".encode()


@pytest.mark.parametrize("key", ["Authorization", "grpc-timeout", "a b", "", ":path"])
def test_a_key_that_grpc_would_refuse_is_refused_at_once(key: str) -> None:
    with pytest.raises(InvalidInput, match="metadata key"):
        SecretMetadata(key, "weather")


@pytest.mark.parametrize(
    "address", ["192.0.2.1:50051", "example.com:443", "dns:///localhost:1", "127.0.0.1.example.com:1", "10.0.0.1:1"]
)
def test_secrets_do_not_go_to_another_machine_as_plain_text(address: str) -> None:
    with pytest.raises(InvalidInput, match=f"secrets would go to {address} as plain text; set tls"):
        GrpcPeer(address, metadata=BEARER)
    GrpcPeer(address, metadata=BEARER, plain_secrets=True)
    GrpcPeer(address, metadata=BEARER, tls=TlsOptions())


@pytest.mark.parametrize("address", ["127.0.0.1:1", "[::1]:1", "localhost:1", "unix:/run/x.sock"])
def test_on_this_machine_plain_text_is_enough(address: str) -> None:
    GrpcPeer(address, metadata=BEARER)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Makes "ca.pem", and certificates signed by it for "server.test" and "client.test", with their keys."""
    openssl = shutil.which("openssl")
    assert openssl, "the openssl command is needed: apt-get install openssl"
    folder = tmp_path_factory.mktemp("certificates")
    new = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]

    def make(name: str, *more: str) -> None:
        files = ["-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj", f"/CN={name}"]
        subprocess.run([*new, *files, *more], cwd=folder, check=True, capture_output=True)

    make("ca", "-addext", "basicConstraints=critical,CA:TRUE")
    for name in ("server", "client"):
        alternative = f"subjectAltName=DNS:{name}.test"
        make(name, "-CA", "ca.pem", "-CAkey", "ca.key", "-addext", alternative, "-addext", "basicConstraints=CA:FALSE")
    return lambda name: folder / name


def tls_server(pool: DescriptorPool, of: Callable[[str], Path], *, ask_client: bool) -> Any:
    pair = (of("server.key").read_bytes(), of("server.pem").read_bytes())
    credentials = grpc.ssl_server_credentials([pair], of("ca.pem").read_bytes(), ask_client)
    return serving_kinds(pool, credentials=credentials)


async def test_a_server_is_trusted_by_its_authority_and_name(
    pool: DescriptorPool, certificates: Callable[[str], Path]
) -> None:
    async with tls_server(pool, certificates, ask_client=False) as server:
        tls = TlsOptions(ca=certificates("ca.pem"), server_name="server.test")
        async with await import_grpc(GrpcPeer(server.address, tls)) as found:
            assert await found.tools["Kinds_Count"].call() == "[]"
        for wrong in (TlsOptions(ca=certificates("ca.pem")), TlsOptions(server_name="server.test"), None):
            with pytest.raises(Unavailable, match="cannot be reached"):
                await import_grpc(GrpcPeer(server.address, wrong), ImportOptions(import_timeout_s=5))


async def test_a_server_that_asks_for_our_certificate_gets_it(
    pool: DescriptorPool, certificates: Callable[[str], Path]
) -> None:
    async with tls_server(pool, certificates, ask_client=True) as server:
        ours = {"cert": certificates("client.pem"), "key": certificates("client.key")}
        tls = TlsOptions(ca=certificates("ca.pem"), server_name="server.test", **ours)
        async with await import_grpc(GrpcPeer(server.address, tls)) as found:
            assert await found.tools["Kinds_Count"].call() == "[]"
        with pytest.raises(Unavailable):
            await import_grpc(GrpcPeer(server.address, TlsOptions(ca=tls.ca, server_name="server.test")))


async def test_a_certificate_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"the PEM file .*/gone\.pem cannot be read"):
        await import_grpc(GrpcPeer("127.0.0.1:1", TlsOptions(ca=tmp_path / "gone.pem")))
