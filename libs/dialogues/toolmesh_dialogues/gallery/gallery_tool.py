"""A tool of the gallery: what the model is shown, and what is needed to make requests for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from toolmesh_dialogues.dialogue import DialogueTool, Language


@dataclass(frozen=True, slots=True)
class Parameter:
    """An argument or a field of a result.

    `draw` says how to make values (see `values.draw`); `spoken` how a value of an enum is said, by language;
    `label_zh` is its Chinese name.
    """

    name: str
    schema: Mapping[str, Any]
    draw: str
    required: bool = True
    description: str = ""
    spoken: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    label_zh: str = ""


@dataclass(frozen=True, slots=True)
class GalleryTool:
    """A tool with its parameters, the fields of its result, and templates of requests and answers by language.

    `base_name` is the name by which it is held back, also where a variant of it is shown under another name.
    """

    base_name: str
    name: str
    description: str
    parameters: tuple[Parameter, ...]
    returns: tuple[Parameter, ...] = ()
    topic: str = ""
    is_model: bool = False
    requests: Mapping[Language, tuple[str, ...]] = field(default_factory=dict)
    answers: Mapping[Language, str] = field(default_factory=dict)
    description_zh: str = ""

    def shown(self) -> DialogueTool:
        """The tool as candidates list it."""
        properties = {item.name: _shown_schema(item) for item in self.parameters}
        schema: dict[str, Any] = {"type": "object", "properties": properties}
        required = [item.name for item in self.parameters if item.required]
        if required:
            schema["required"] = required
        return DialogueTool(self.name, self.description, schema)

    def parameter(self, name: str) -> Parameter:
        """The parameter of that name."""
        return next(item for item in self.parameters if item.name == name)


def _shown_schema(parameter: Parameter) -> dict[str, Any]:
    schema = dict(parameter.schema)
    if parameter.description:
        schema["description"] = parameter.description
    return schema
