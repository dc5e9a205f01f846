"""A model file is looked at before it is loaded."""

import struct
from pathlib import Path

import pytest

from toolmesh_core.errors import Unavailable
from toolmesh_inference.adapters.gguf_file import read_gguf
from toolmesh_inference.adapters.packaged_models import smollm2_path


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value.encode())) + value.encode()


def gguf(*pairs: bytes, version: int = 3) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", version, 0, len(pairs)) + b"".join(pairs)


def string(key: str, value: str) -> bytes:
    return text(key) + struct.pack("<I", 8) + text(value)


TOKENS = ["a", "<|im_end|>", "<tool>", "  "]
VOCABULARY = (
    text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, len(TOKENS)) + b"".join(text(token) for token in TOKENS),
    text("tokenizer.ggml.token_type") + struct.pack("<IIQ4i", 9, 5, 4, 1, 3, 4, 4),
)


def test_the_facts_of_a_model_are_read(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    length = text("llama.context_length") + struct.pack("<II", 4, 2048)
    path.write_bytes(gguf(string("general.architecture", "llama"), length, *VOCABULARY))
    file = read_gguf(path)
    assert (file.architecture, file.trained_context, file.is_adapter) == ("llama", 2048, False)
    assert file.control_tokens == ("<|im_end|>", "<tool>")


def test_an_adapter_is_told_from_a_model(tmp_path: Path) -> None:
    path = tmp_path / "a.gguf"
    path.write_bytes(gguf(string("general.type", "adapter")))
    assert read_gguf(path).is_adapter


def test_the_packaged_model_is_found_and_read() -> None:
    file = read_gguf(smollm2_path())
    assert file.trained_context == 8192
    assert {"<|im_start|>", "<|im_end|>"} <= set(file.control_tokens)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "whole GGUF"),
        (b"PK\x03\x04 a zip", "instead of b'GGUF'"),
        (gguf(version=9), "version 9"),
        (gguf(string("general.architecture", "llama"))[:-3], "middle of a text"),
        (gguf()[:12], "whole GGUF"),
        (gguf(text("x") + struct.pack("<IIQ", 9, 8, 2**60)), "claims"),
        (gguf(text("x") + struct.pack("<I", 77)), "type 77"),
    ],
)
def test_what_is_no_gguf_is_one_clear_line(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "bad.gguf"
    path.write_bytes(content)
    with pytest.raises(Unavailable, match=told) as caught:
        read_gguf(path)
    assert str(path) in caught.value.message


def test_a_missing_file_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"absent.gguf does not exist"):
        read_gguf(tmp_path / "absent.gguf")
