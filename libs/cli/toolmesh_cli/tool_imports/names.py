"""Names of imports where the person gives none, and pairs as the options write them."""

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import typer

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9]+")
_MAX_NAME_CHARS = 31


def name_of(text: str, otherwise: str) -> str:
    """A deployment's name from what something is called: "Spotify Web API" is spotify-web-api."""
    return _NOT_IN_NAMES.sub("-", text.lower()).strip("-")[:_MAX_NAME_CHARS].strip("-") or otherwise


def name_of_command(command: Sequence[str]) -> str:
    """The name of what a command starts: its first word that is neither a flag nor the program, else the program."""
    words = [word for word in command[1:] if not word.startswith("-")]
    return name_of(Path(words[0] if words else command[0]).stem, "mcp")


def pairs_of(option: str, given: Sequence[str] | None) -> dict[str, str]:
    """KEY=VALUE each.

    Raises:
        typer.BadParameter: one is none.
    """
    split = [pair.partition("=") for pair in given or ()]
    for key, sign, value in split:
        if not (key and sign and value):
            raise typer.BadParameter(f"write {option} KEY=VALUE, got {key + sign + value!r}")
    return {key: value for key, _, value in split}


def with_whole_paths(command: Sequence[str]) -> list[str]:
    """The words of a command, the program and what is a file here with their whole paths.

    The host, on the same machine, starts it in another folder and with the system's PATH.
    """
    program, *arguments = command
    found = shutil.which(program)
    return [
        str(Path(found).absolute()) if found else program,
        *(str(Path(word).absolute()) if _is_file(word) else word for word in arguments),
    ]


def _is_file(word: str) -> bool:
    try:
        return Path(word).is_file()
    except OSError:
        return False
