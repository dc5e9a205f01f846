"""Training of controller models: from dialogues to a LoRA adapter that inference loads."""

from importlib.util import find_spec

from toolmesh_inference.adapters.openmp import spin_briefly

_NEEDED = ("torch", "transformers", "peft", "gguf", "matplotlib")

if missing := [name for name in _NEEDED if find_spec(name) is None]:
    raise ModuleNotFoundError(
        f"training needs {', '.join(missing)}: run `pip install 'toolmesh-training[train]'` "
        "(in the repository: `.venv/bin/pip install -c constraints.txt -e 'libs/training[train]'`)",
        name=missing[0],
    )

# Before torch is loaded: its waiting threads would otherwise spin, and a busy machine would train many times slower.
spin_briefly()
