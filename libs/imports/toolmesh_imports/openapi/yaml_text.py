"""Reads YAML as the JSON it stands for: no dates, no "yes" for true, keys are text, and none is there twice."""

import re
from typing import Any

import yaml

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TEXT = "tag:yaml.org,2002:str"
_MERGE = "tag:yaml.org,2002:merge"


class _JsonLoader(_Loader):  # type: ignore[misc]  # the C loader is there or not
    """YAML 1.2's JSON schema, which OpenAPI asks for (OpenAPI 3.1.1, section 4.2)."""

    yaml_implicit_resolvers: dict[str, list[Any]] = {}  # noqa: RUF012 - PyYAML's own form

    def flatten_mapping(self, node: Any) -> None:
        """Makes keys text as written, so that 200 is "200", and puts in what "<<" merges, each key once.

        PyYAML's own keeps all that is merged, which a few lines can make endless.
        """
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key, value in node.value:
            if key.tag == _MERGE:
                merged = self._merged(value) | merged
                continue
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key must be text", key.start_mark)
            if key.value in own:
                raise yaml.constructor.ConstructorError(None, None, f"the key {key.value!r} is twice", key.start_mark)
            key.tag = _TEXT
            own[key.value] = (key, value)
        node.value = list((merged | own).values())

    def _merged(self, value: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for source in value.value if isinstance(value, yaml.SequenceNode) else [value]:
            if not isinstance(source, yaml.MappingNode):
                raise yaml.constructor.ConstructorError(None, None, "'<<' must merge mappings", source.start_mark)
            self.flatten_mapping(source)
            found = {pair[0].value: pair for pair in source.value} | found
        return found


def _resolve_as_json() -> None:
    for kind, pattern, first in (
        ("null", r"^(?:null|Null|NULL|~|)$", ["n", "N", "~", ""]),
        ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
        ("int", r"^-?(?:0|[1-9][0-9]*)$", list("-0123456789")),
        ("float", r"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$", list("-0123456789")),
        ("merge", r"^<<$", ["<"]),
    ):
        _JsonLoader.add_implicit_resolver(f"tag:yaml.org,2002:{kind}", re.compile(pattern), first)


_resolve_as_json()


def parse_yaml(text: str) -> Any:
    """The value of one YAML document; aliases stand for the same object, so it may hold itself.

    Raises:
        ValueError: it is no YAML; the message has line and column.
    """
    try:
        return yaml.load(text, Loader=_JsonLoader)  # noqa: S506 - a safe loader, made stricter
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise ValueError(f"{where}{error.problem}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise ValueError(str(error).splitlines()[0]) from error
    except RecursionError as error:
        raise ValueError("it is nested without end") from error
