"""Reads a docstring in Google's style: the text for the LLM, and one line a parameter."""

import inspect
import re

_SECTION = re.compile(r"^(Args|Arguments|Parameters|Returns|Yields|Raises|Examples?|Notes?):\s*$")
_PARAMETER = re.compile(r"^(\*{0,2}\w+)\s*(?:\([^)]*\))?:\s*(.*)$")


def split_docstring(text: str | None) -> tuple[str, dict[str, str]]:
    """The description, and what "Args:" says of each parameter.

    Args:
        text: the raw docstring; None counts as empty.
    """
    description: list[str] = []
    arguments: list[str] = []
    section = ""
    for line in inspect.cleandoc(text or "").splitlines():
        heading = _SECTION.match(line)
        if heading:
            section = heading.group(1)
        elif not section:
            description.append(line)
        elif section in ("Args", "Arguments", "Parameters"):
            arguments.append(line)
    return "\n".join(description).strip(), _parameters(arguments)


def _parameters(lines: list[str]) -> dict[str, str]:
    """A line indented once begins a parameter; deeper lines go on with it."""
    found: dict[str, str] = {}
    current = ""
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    for line in lines:
        match = _PARAMETER.match(line[indent:])
        if match:
            current = match.group(1)
            found[current] = match.group(2)
        elif current and line.strip():
            found[current] = f"{found[current]} {line.strip()}"
    return found
