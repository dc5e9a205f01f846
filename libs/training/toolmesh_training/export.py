"""Exports what a run learned: as a PEFT folder, and as a GGUF LoRA that llama.cpp loads."""

import json
import shutil
from pathlib import Path
from typing import Any, Literal

import gguf
import numpy as np
from safetensors.numpy import load_file
from transformers import AutoConfig

from toolmesh_core.errors import InvalidInput
from toolmesh_inference.adapters.packaged_models import smollm2_path
from toolmesh_training.train_run import run_trained_folder
from toolmesh_training.train_settings import read_config

ExportFormat = Literal["peft", "gguf", "both"]
GGUF_NAME = "adapter.gguf"
_PREFIX, _LAYERS = "base_model.model.model.layers.", "blk"
_TENSORS = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def export_run(run: Path, out: Path, form: ExportFormat) -> list[Path]:
    """Writes the adapter of a finished run into a folder; returns what was written.

    Raises:
        InvalidInput: the run is not finished, or trained all weights, which are no adapter.
    """
    trained = run_trained_folder(run)
    if not (trained / "adapter_config.json").is_file():
        raise InvalidInput(f"{run} trained all weights: {trained} is a whole model of transformers, use it as it is")
    written: list[Path] = []
    out.mkdir(parents=True, exist_ok=True)
    if form in ("peft", "both"):
        shutil.copytree(trained, out / "peft", dirs_exist_ok=True)
        written.append(out / "peft")
    if form in ("gguf", "both"):
        base = read_config(run)["base"]
        config = config_of_base(Path(base) if base else smollm2_path())
        written.append(write_gguf_adapter(trained, out / GGUF_NAME, config))
    return written


def write_gguf_adapter(peft_folder: Path, path: Path, model_config: Any) -> Path:
    """A PEFT LoRA of a llama-like model as GGUF, in float16.

    llama.cpp keeps the rows of q and k in another order than transformers, two halves of a head interleaved, so the
    rows of their B are put into that order. A has the rank's rows and the inputs' columns, and stays.
    """
    config = json.loads((peft_folder / "adapter_config.json").read_text(encoding="utf-8"))
    if config.get("use_rslora") or config.get("use_dora") or config.get("rank_pattern") or config.get("alpha_pattern"):
        raise InvalidInput(f"{peft_folder}: only plain LoRA of one rank can be written as GGUF")
    if model_config.model_type != "llama":
        raise InvalidInput(f"{peft_folder}: a base of type '{model_config.model_type}' cannot be written, only llama")
    heads = {
        "attn_q": model_config.num_attention_heads,
        "attn_k": model_config.num_key_value_heads or model_config.num_attention_heads,
    }
    unfinished = path.with_name(path.name + ".part")
    writer = gguf.GGUFWriter(unfinished, "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", float(config["lora_alpha"]))
    for name, values in sorted(load_file(peft_folder / "adapter_model.safetensors").items()):
        tensor, part = _gguf_name(name)
        kind = tensor.split(".")[2]
        if part == "lora_b" and kind in heads:
            values = interleaved(values, heads[kind])
        writer.add_tensor(f"{tensor}.weight.{part}", np.ascontiguousarray(values.astype(np.float16)))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    unfinished.replace(path)
    return path


def interleaved(rows: np.ndarray, heads: int) -> np.ndarray:
    """Rows [heads * size, columns] with the two halves of each head interleaved, as llama.cpp wants q and k."""
    halves = rows.reshape(heads, 2, rows.shape[0] // heads // 2, rows.shape[1])
    return halves.swapaxes(1, 2).reshape(rows.shape)


def config_of_base(base: Path) -> Any:
    """The model configuration of a GGUF file or a folder of transformers, without its weights."""
    if base.is_dir():
        return AutoConfig.from_pretrained(base, local_files_only=True)
    return AutoConfig.from_pretrained(base.parent, gguf_file=base.name, local_files_only=True)


def _gguf_name(name: str) -> tuple[str, str]:
    """("blk.0.attn_q", "lora_a") of a tensor of PEFT."""
    layer, _, rest = name.removeprefix(_PREFIX).partition(".")
    module, _, part = rest.removesuffix(".weight").rpartition(".")
    if not name.startswith(_PREFIX) or module not in _TENSORS or part not in ("lora_A", "lora_B"):
        raise InvalidInput(f"adapter tensor '{name}' has no place in a GGUF of a llama-like model")
    return f"{_LAYERS}.{layer}.{_TENSORS[module]}", part.lower()
