"""Reads a docstring of any usual style (Google, NumPy, Sphinx): the text for the LLM, and one line a parameter."""

import inspect

from docstring_parser import ParseError, parse


def split_docstring(text: str | None) -> tuple[str, dict[str, str]]:
    """The description, and what the docstring says of each parameter.

    Sections on results, errors and examples are for readers of the code; the LLM does not see them.

    Args:
        text: the raw docstring; None counts as empty.
    """
    cleaned = inspect.cleandoc(text or "")
    try:
        read = parse(cleaned)
    except ParseError:
        # No style fits: then it is prose, which needs none.
        return cleaned.strip(), {}
    parameters: dict[str, str] = {}
    for parameter in read.params:
        if parameter.args[0] != "attribute":
            # NumPy's style describes several at once: "x, y : float".
            line = " ".join((parameter.description or "").split())
            parameters |= {name.strip(): line for name in parameter.arg_name.split(",")}
    return (read.description or "").strip(), parameters
