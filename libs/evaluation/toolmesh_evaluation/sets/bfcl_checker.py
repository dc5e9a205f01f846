"""The checker of the Berkeley Function Calling Leaderboard, from the package bfcl-eval, and nothing else of it."""

import importlib
import importlib.util
import sys
import types
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from toolmesh_core.errors import FailedPrecondition

HOW = "install it with `pip install --no-deps bfcl-eval==2026.3.23`"


def installed_data() -> Path:
    """The folder of the package's cases. Raises FailedPrecondition where it is not installed."""
    spec = importlib.util.find_spec("bfcl_eval")
    if spec is None or not spec.submodule_search_locations:
        raise FailedPrecondition(f"bfcl-eval holds the cases and the checker of this set; {HOW}")
    return Path(next(iter(spec.submodule_search_locations))) / "data"


def check(
    functions: Sequence[Mapping[str, Any]], calls: Sequence[Mapping[str, Any]], truth: Sequence[Any], category: str
) -> str:
    """Empty where the calls are right, else the leaderboard's word for what is wrong."""
    checker, language = _checker()
    verdict = checker.ast_checker(list(functions), list(calls), list(truth), language, category, "toolmesh")
    return "" if verdict["valid"] else str(verdict["error_type"])


def _checker() -> tuple[Any, Any]:
    """What the checker imports for other languages and for its own list of models is stood in for: they need a dozen
    packages and take no part in judging Python calls."""
    installed_data()
    prefix = "bfcl_eval.eval_checker.ast_eval.type_convertor"
    stand_ins: dict[str, dict[str, Any]] = {
        "bfcl_eval.constants.model_config": {
            "MODEL_CONFIG_MAPPING": {"toolmesh": types.SimpleNamespace(underscore_to_dot=True)}
        },
        f"{prefix}.java_type_converter": {"java_type_converter": None},
        f"{prefix}.js_type_converter": {"js_type_converter": None},
    }
    for module_name, attributes in stand_ins.items():
        if module_name not in sys.modules:
            module = types.ModuleType(module_name)
            vars(module).update(attributes)
            sys.modules[module_name] = module
    enums = importlib.import_module("bfcl_eval.constants.enums")
    checker = importlib.import_module("bfcl_eval.eval_checker.ast_eval.ast_checker")
    return checker, enums.Language.PYTHON
