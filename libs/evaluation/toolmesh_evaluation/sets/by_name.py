"""Every set by the name that `toolmesh eval` takes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from toolmesh_core.errors import InvalidInput
from toolmesh_evaluation.evaluation_set import EvaluationSet, Tools
from toolmesh_evaluation.sets.api_bank import read_api_bank
from toolmesh_evaluation.sets.bfcl import read_bfcl
from toolmesh_evaluation.sets.dialogues import read_dialogue_set
from toolmesh_evaluation.sets.metatool import read_metatool
from toolmesh_evaluation.sets.seal_tools import read_seal_tools

MAIN_JOB = "main_job"


@dataclass(frozen=True, slots=True)
class SetEntry:
    """A set that can be read.

    Attributes:
        about: one line for help.
        default_tools: whether tools are given or retrieved where nobody says.
        needs_data: whether a folder or file must be given.
    """

    about: str
    read: Callable[[Path, Tools], EvaluationSet]
    default_tools: Tools = "retrieved"
    needs_data: bool = True


def _bfcl(category: str, about: str) -> SetEntry:
    return SetEntry(
        about,
        lambda data, _: read_bfcl(None if data == Path() else data, category),
        default_tools="given",
        needs_data=False,
    )


SETS: Mapping[str, SetEntry] = {
    "api_bank_level1": SetEntry("API-Bank, whole dialogues", lambda data, tools: read_api_bank(data, "level1", tools)),
    "api_bank_level2": SetEntry(
        "API-Bank, tools to be searched for", lambda data, tools: read_api_bank(data, "level2", tools)
    ),
    "seal_tools_in_domain": SetEntry(
        "Seal-Tools, fields known from training", lambda data, tools: read_seal_tools(data, "in_domain", tools)
    ),
    "seal_tools_out_domain": SetEntry(
        "Seal-Tools, new fields", lambda data, tools: read_seal_tools(data, "out_domain", tools)
    ),
    "bfcl_simple_python": _bfcl("simple_python", "BFCL v4, one function"),
    "bfcl_multiple": _bfcl("multiple", "BFCL v4, one of several functions"),
    "bfcl_irrelevance": _bfcl("irrelevance", "BFCL v4, no function fits"),
    "metatool": SetEntry("MetaTool, tools held back from training", read_metatool),
    "dialogues": SetEntry("a file of dialogues in our own format", read_dialogue_set, default_tools="given"),
}


def read_set(name: str, data: Path | None, tools: Tools | None) -> EvaluationSet:
    """Reads a set. Raises InvalidInput for an unknown name or missing --data, NotFound for missing files."""
    entry = SETS.get(name)
    if entry is None:
        raise InvalidInput(f"there is no set {name!r}; there are {', '.join([*SETS, MAIN_JOB])}")
    if data is None and entry.needs_data:
        raise InvalidInput(f"set {name!r} is read from a folder or file; give it with --data")
    try:
        return entry.read(data or Path(), tools or entry.default_tools)
    except KeyError as error:
        raise InvalidInput(f"set {name!r} in {data}: a record lacks the field {error}; is it of this set?") from error
