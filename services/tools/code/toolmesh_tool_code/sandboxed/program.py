"""Runs one program in the variables of its session, as the interactive interpreter would: the last value is shown."""

import ast
import linecache
import sys
import traceback
import types
from contextlib import suppress
from typing import Any

from .time_limit import TimeLimit

Error = dict[str, str]


class Namespace:
    """The variables that stay from one program to the next."""

    def __init__(self) -> None:
        self._module = types.ModuleType("__main__")
        # Pickle and dataclasses look there for what a program defines.
        sys.modules["__main__"] = self._module
        self._streams = sys.stdout, sys.stderr

    def run(self, code: str, file_name: str, most_characters: int) -> tuple[str | None, Error | None]:
        """The last expression's value as text, if there is one, and the program's exception, if it raised.

        Raises:
            TimeLimit: time is over.
        """
        # So that a traceback shows the program's lines.
        linecache.cache[file_name] = (len(code), None, code.splitlines(keepends=True), file_name)
        try:
            value = self._run(code, file_name)
            return (None if value is None else cut(repr(value), most_characters)), None
        except TimeLimit:
            raise
        except SystemExit as stop:
            return None, None if stop.code in (None, 0) else _error(stop, file_name, most_characters)
        except BaseException as error:  # noqa: BLE001 - a program may raise whatever it likes
            return None, _error(error, file_name, most_characters)
        finally:
            self._restore_streams()

    def _restore_streams(self) -> None:
        """Flushed, and those of before where the program put others there."""
        sys.stdout, sys.stderr = self._streams
        for stream in self._streams:
            # A program may have closed it.
            with suppress(ValueError, OSError):
                stream.flush()

    def _run(self, code: str, file_name: str) -> Any:
        tree = ast.parse(code, file_name)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        variables = self._module.__dict__
        exec(compile(tree, file_name, "exec"), variables)  # noqa: S102 - what the sandbox is for
        if not isinstance(last, ast.Expr):
            return None
        value = eval(compile(ast.Expression(last.value), file_name, "eval"), variables)  # noqa: S307
        variables["_"] = value
        return value


def _error(error: BaseException, file_name: str, most_characters: int) -> Error:
    """The exception with its traceback from the program's first line on; of a long one, the end."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename != file_name:
        trace = trace.tb_next
    lines = traceback.format_exception(type(error), error, trace)
    said = traceback.format_exception_only(type(error), error)[-1].strip()
    return {
        "type": cut(type(error).__name__, 200),
        "message": cut(said, most_characters),
        "traceback": "".join(lines)[-most_characters:],
    }


def cut(text: str, most_characters: int) -> str:
    """The text, or its beginning with a sign that there was more."""
    return text if len(text) <= most_characters else f"{text[: most_characters - 1]}…"
