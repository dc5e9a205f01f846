"""Reads the operator's file of databases; DSNs come from secrets in the environment."""

import os
from collections.abc import Mapping
from pathlib import Path

import yaml
from pydantic import ValidationError

from toolmesh_core.errors import InvalidInput
from toolmesh_tool_sql.adapters.statement_limits import Target
from toolmesh_tool_sql.domain.database import DatabaseEntry, DatabasesFile

SECRETS_PREFIX = "TOOLMESH_TOOL_SQL_SECRET_"


def read_databases(path: Path, environment: Mapping[str, str] = os.environ) -> dict[str, Target]:
    """The databases by name.

    Raises:
        InvalidInput: the file, a SQLite file or a secret is not there or not right; says which.
    """
    try:
        entries = DatabasesFile.model_validate(yaml.safe_load(path.read_text("utf-8"))).databases
    except OSError as error:
        raise _bad(path, f"cannot be read: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise _bad(path, f"is no YAML: {error}") from error
    except ValidationError as error:
        lines = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise _bad(path, lines) from error
    return {name: _target(path, name, entry, environment) for name, entry in entries.items()}


def _target(path: Path, name: str, entry: DatabaseEntry, environment: Mapping[str, str]) -> Target:
    if entry.sqlite is not None:
        file = (path.parent / entry.sqlite).resolve()
        if not file.is_file():
            raise _bad(path, f"database {name!r}: there is no file {str(entry.sqlite)!r}")
        where = str(file)
    else:
        variable = f"{SECRETS_PREFIX}{(entry.postgres_secret or '').upper()}"
        where = environment.get(variable, "")
        if not where:
            raise _bad(path, f"database {name!r}: its secret {entry.postgres_secret!r} is not there; set {variable}")
    return Target(
        kind="sqlite" if entry.sqlite is not None else "postgres",
        where=where,
        about=entry.about,
        allow_writes=entry.allow_writes,
        allow_powerful_role=entry.allow_powerful_role,
    )


def _bad(path: Path, what: str) -> InvalidInput:
    return InvalidInput(f"the databases file {path.name!r}: {what}", field="databases_file")
