"""Reads the header of a GGUF file (github.com/ggml-org/ggml, docs/gguf.md): what must be known before loading it."""

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolmesh_core.errors import Unavailable

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_CONTROL_TOKEN, _USER_DEFINED_TOKEN = 3, 4
_LARGEST_COUNT = 10_000_000


@dataclass(frozen=True)
class GgufFile:
    """Facts of a model or adapter file.

    Attributes:
        trained_context: tokens the model was trained with; 0 where the file does not say.
        control_tokens: texts that its tokeniser reads as marks, such as "<|im_end|>".
        is_adapter: a LoRA adapter and no model.
    """

    path: Path
    architecture: str
    trained_context: int
    control_tokens: tuple[str, ...]
    is_adapter: bool


def read_gguf(path: Path) -> GgufFile:
    """Reads a file's header; for a thread, since a large vocabulary takes a few 100 ms.

    Raises:
        Unavailable: there is no such file, or it is not GGUF.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            values = _Header(data).values()
    except FileNotFoundError as error:
        raise Unavailable(f"model file {path} does not exist; set an existing GGUF file") from error
    except OSError as error:
        raise Unavailable(f"model file {path} cannot be read: {error.strerror}") from error
    except (ValueError, struct.error, UnicodeDecodeError) as error:
        raise Unavailable(f"model file {path} is not a whole GGUF file: {error}; fetch it again") from error
    architecture = str(values.get("general.architecture", ""))
    return GgufFile(
        path=path,
        architecture=architecture,
        trained_context=int(values.get(f"{architecture}.context_length", 0)),
        control_tokens=_control_tokens(values),
        is_adapter=values.get("general.type") == "adapter",
    )


def _control_tokens(values: dict[str, Any]) -> tuple[str, ...]:
    texts = values.get("tokenizer.ggml.tokens", [])
    kinds = values.get("tokenizer.ggml.token_type", [])
    return tuple(text for text, kind in zip(texts, kinds, strict=False) if _is_mark(text, kind))


def _is_mark(text: str, kind: int) -> bool:
    # User-defined tokens are marks in some files and plain runs of spaces or tags in others.
    bracketed = text[:1] in ("<", "[") and text[-1:] in (">", "]")
    return kind == _CONTROL_TOKEN or (kind == _USER_DEFINED_TOKEN and bracketed)


class _Header:
    """A cursor over the key-value part of the file."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self._at = 0

    def values(self) -> dict[str, Any]:
        """All keys with their values."""
        if self._data[:4] != b"GGUF":
            raise ValueError(f"it begins with {bytes(self._data[:4])!r} instead of b'GGUF'")
        self._at = 4
        version = self._scalar("I")
        if version not in (2, 3):
            raise ValueError(f"GGUF version {version} is unknown")
        self._scalar("Q")
        return {self._string(): self._value(self._scalar("I")) for _ in range(self._count())}

    def _value(self, kind: int) -> Any:
        if kind == _STRING:
            return self._string()
        if kind == _ARRAY:
            return self._array(self._scalar("I"))
        if kind not in _SCALARS:
            raise ValueError(f"value type {kind} is unknown")
        return self._scalar(_SCALARS[kind])

    def _array(self, kind: int) -> list[Any]:
        count = self._count()
        if kind in _SCALARS:
            form = f"<{count}{_SCALARS[kind]}"
            self._at += struct.calcsize(form)
            return list(struct.unpack_from(form, self._data, self._at - struct.calcsize(form)))
        return [self._value(kind) for _ in range(count)]

    def _count(self) -> int:
        count = int(self._scalar("Q"))
        if count > _LARGEST_COUNT:
            raise ValueError(f"it claims {count} entries")
        return count

    def _string(self) -> str:
        length = int(self._scalar("Q"))
        raw = self._data[self._at : self._at + length]
        if len(raw) < length:
            raise ValueError("it ends in the middle of a text")
        self._at += length
        return raw.decode("utf-8", errors="replace")

    def _scalar(self, form: str) -> Any:
        (value,) = struct.unpack_from(f"<{form}", self._data, self._at)
        self._at += struct.calcsize(f"<{form}")
        return value
