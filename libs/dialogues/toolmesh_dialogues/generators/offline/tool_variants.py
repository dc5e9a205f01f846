"""A tool under other names and with other words, so that a model learns schemas and not one gallery by heart."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random

from toolmesh_dialogues.dialogue import Language
from toolmesh_dialogues.gallery.gallery_tool import GalleryTool, Parameter
from toolmesh_dialogues.values.names import camel_case, name_words, snake_case

# Optional parameters that requests never speak of: they must stay empty.
UNSPOKEN = (
    Parameter("language", {"type": "string"}, "word language", False, "Language of the answer. Default is English."),
    Parameter("verbose", {"type": "boolean"}, "flag", False, "Whether to explain the result."),
    Parameter("timeout", {"type": "integer"}, "integer 1 60", False, "Seconds to wait. Default is 30."),
    Parameter("format", {"type": "string", "enum": ["json", "text", "csv"]}, "choice", False, "Format of the output."),
    Parameter("max_results", {"type": "integer"}, "integer 1 20", False, "Most results to give. Default 10."),
    Parameter("precision", {"type": "integer"}, "integer 1 6", False, "Digits after the decimal point."),
    Parameter("notes", {"type": "string"}, "word message", False, "Free text kept with the call."),
)


def variant(rng: Random, tool: GalleryTool, language: Language) -> GalleryTool:
    """The tool as somebody else might have written it; its templates and parameter names still fit."""
    parameters = [replace(item, description=_described(rng, item.description)) for item in tool.parameters]
    name, description = _renamed(rng, tool.name), _described(rng, tool.description)
    if language == "zh" and tool.description_zh and rng.random() < 0.5:
        description = tool.description_zh
        parameters = [replace(item, description=item.label_zh or item.description) for item in tool.parameters]
    if rng.random() < 0.35:
        spare = [item for item in UNSPOKEN if item.name not in {known.name for known in parameters}]
        parameters += rng.sample(spare, rng.randint(1, 2))
    return replace(tool, name=name, description=description, parameters=tuple(parameters))


def _renamed(rng: Random, name: str) -> str:
    words = name_words(name)
    styles: Sequence[Callable[[], str]] = (
        lambda: name,
        lambda: name,
        lambda: snake_case(words),
        lambda: camel_case(words),
        lambda: snake_case(name_words(name.rpartition(".")[2])),
        lambda: f"{words[0]}.{camel_case(words[1:])}" if len(words) > 1 else name,
    )
    return rng.choice(styles)()


def _described(rng: Random, description: str) -> str:
    forms = (description, description, description.rstrip("."), f"{description} ".strip())
    return rng.choice(forms)
