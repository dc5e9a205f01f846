"""What a call needs to know of an operation; read once from the document, which is not needed any more then."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from toolmesh.tool.v1 import tool_pb2
from toolmesh_core.json_schema import JsonSchema

Place = Literal["path", "query", "header", "cookie"]
Style = Literal["matrix", "label", "simple", "form", "spaceDelimited", "pipeDelimited", "deepObject"]
BodyKind = Literal["json", "form", "multipart", "text", "binary"]
CredentialKind = Literal["bearer", "basic", "header", "query", "cookie"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter outside the body.

    Attributes:
        argument: the argument that holds its value.
        name: its name in the request.
        as_json: its value is sent as JSON text (`content` instead of `schema`).
    """

    argument: str
    name: str
    place: Place
    style: Style
    explode: bool
    allow_reserved: bool = False
    as_json: bool = False


@dataclass(frozen=True, slots=True)
class FieldEncoding:
    """How one field of a form is written.

    Attributes:
        style: None where objects are written as JSON.
        content_type: of its part in multipart; empty: by its value.
        is_binary: the argument is base64 of the bytes.
    """

    style: Style | None = None
    explode: bool = True
    allow_reserved: bool = False
    content_type: str = ""
    is_binary: bool = False


@dataclass(frozen=True, slots=True)
class Body:
    """A request's body.

    Attributes:
        whole: the argument that is the body; empty where its properties are arguments of their own.
        properties: name of the property by argument.
        required: it is sent, even if empty.
    """

    kind: BodyKind
    media_type: str
    required: bool
    whole: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, FieldEncoding] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Credential:
    """Where a secret goes; the secret itself is looked up for each call.

    Attributes:
        name: of the header, query parameter or cookie.
        reference: what a SecretSource knows the secret by.
    """

    kind: CredentialKind
    name: str
    reference: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of an API.

    Attributes:
        server: address without a last "/".
        path: with its names in braces, beginning with "/".
        unmet_schemes: security schemes of which one must be given a secret before a call can be made.
    """

    method: str
    server: str
    path: str
    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None
    credentials: tuple[Credential, ...] = ()
    unmet_schemes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenApiTool:
    """An operation as a tool.

    Attributes:
        definition: the tool as the contract has it.
        arguments: the compiled schema of the arguments.
        arguments_schema, output_schema: as JSON values; no output schema where none is declared.
    """

    definition: tool_pb2.Tool
    operation: Operation
    arguments: JsonSchema
    arguments_schema: Mapping[str, Any]
    output_schema: Mapping[str, Any] | None

    @property
    def name(self) -> str:
        """The tool's name."""
        return self.definition.name
