"""Templates for tools that have none: made of the tool's description and its parameters."""

import re
from random import Random

from toolmesh_dialogues.gallery.gallery_tool import GalleryTool, Parameter
from toolmesh_dialogues.generators.offline.tool_variants import UNSPOKEN
from toolmesh_dialogues.values.names import name_words

_SLOTLIKE = re.compile(r"[{}\[\]()|@]")
_THIRD_PERSON = re.compile(r"^([A-Za-z]+?)(ies|sses|shes|ches|es|s)$")
_PREPOSITIONS = {"word city": "in", "word country": "in", "date": "on", "word person": "for", "time": "at"}
_NOT_VERBS = {"a", "an", "the", "this", "allows", "allow", "api", "tool", "function", "used"}


def described_request(rng: Random, tool: GalleryTool) -> str:
    """A template in English that speaks of the tool by its description and of each parameter by its name."""
    parts = [_phrase(rng, item) for item in tool.parameters if item not in UNSPOKEN]
    request = _imperative(tool)
    tail = [part for part in parts if not part.startswith(("[.", "."))]
    rng.shuffle(tail)
    return request + "".join(tail) + "".join(part for part in parts if part not in tail)


def _imperative(tool: GalleryTool) -> str:
    sentence = re.split(r"(?<=[a-z])[.;:(\n]", _SLOTLIKE.sub(" ", tool.description))[0].strip().rstrip(".")
    first, _, rest = sentence.partition(" ")
    if not rest or first.lower() in _NOT_VERBS or len(sentence) > 140:
        return " ".join(name_words(tool.base_name.split(".")[-1]))
    return f"{_base_form(first.lower())} {rest}"


def _base_form(verb: str) -> str:
    match = _THIRD_PERSON.match(verb)
    if not match or verb.endswith("ss") or verb in ("focus", "process", "access", "bus"):
        return verb
    stem, ending = match.groups()
    if ending == "ies":
        return f"{stem}y"
    if ending == "es":
        return f"{stem}e"
    return stem + ending[:-2] if ending in ("sses", "shes", "ches") else stem


def _phrase(rng: Random, item: Parameter) -> str:
    words, slot = " ".join(name_words(item.name)), f"{{{item.name}}}"
    if item.schema.get("type") == "boolean":
        value = rng.choice(("true", "true", "false"))
        said = f", {'with' if value == 'true' else 'without'} {words}{{{item.name}={value}}}"
        return f"[{said}]"
    forms = [f" with {words} {slot}", f", {words} {slot}", f" using {slot} as the {words}", f". The {words} is {slot}"]
    if item.draw in _PREPOSITIONS:
        forms += [f" {_PREPOSITIONS[item.draw]} {slot}"] * 6
    forms += [f" with a {words} of {slot}", f" for {words} {slot}", f", where the {words} is {slot}"]
    return f"[{rng.choice(forms)}]"
