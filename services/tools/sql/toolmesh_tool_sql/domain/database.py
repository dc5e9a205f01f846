"""A database that the operator named, and what he allows there."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,39}$")]


class DatabaseEntry(BaseModel):
    """A database as the file has it.

    Attributes:
        sqlite: the path of a SQLite file; relative to the databases file.
        postgres_secret: the name of the secret that holds a Postgres DSN.
        about: one line for the LLM.
        allow_writes: sql_execute may change it.
        allow_powerful_role: a Postgres role that may read or write files of the server is taken nevertheless.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    sqlite: Path | None = None
    postgres_secret: Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,60}$")] | None = None
    about: str = Field("", max_length=300)
    allow_writes: bool = False
    allow_powerful_role: bool = False

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if (self.sqlite is None) == (self.postgres_secret is None):
            raise ValueError("give either 'sqlite' (a path) or 'postgres_secret' (a secret's name)")
        return self


class DatabasesFile(BaseModel):
    """All of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    databases: dict[Name, DatabaseEntry]
