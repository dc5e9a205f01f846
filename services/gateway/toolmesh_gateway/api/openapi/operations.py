"""The operation of each route: its parameters, body and answers."""

from typing import Any

from google.protobuf.descriptor import MethodDescriptor

from toolmesh.planner.v1 import run_event_pb2
from toolmesh.tool.v1 import tool_pb2
from toolmesh.tool_host.v1 import deployment_pb2
from toolmesh_gateway.api.faces.request_filler import NOT_FROM_CLIENTS, path_parameters
from toolmesh_gateway.api.openapi.schemas import Schema, Schemas
from toolmesh_gateway.api.transcoding.names import holds_json
from toolmesh_gateway.api.transcoding.writing import wrapped_field
from toolmesh_gateway.domain.routes import Face, Route
from toolmesh_gateway.domain.scopes import ANY_KEY, OPEN

_FLAG: Schema = {"type": "boolean", "default": False}
_OPTIONS: dict[str, tuple[str, Schema]] = {
    "wait": ("Answer when the run has ended. `Prefer: wait=N` waits N seconds at most.", _FLAG),
    "stream": ("Stream progress as server-sent events; the last one is the answer or `error`.", _FLAG),
    "title": ("Of a document sent as bytes: its title.", {"type": "string"}),
    "source": ("Of a document sent as bytes: where it came from.", {"type": "string"}),
    "file_name": ("A file name for people.", {"type": "string"}),
}
_BYTES: Schema = {"*/*": {"schema": {"type": "string", "format": "binary"}}}


def _named(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}


def _as_one_or_events(schema: Schema) -> Schema:
    return _json(schema) | {"text/event-stream": {"schema": schema}}


_SPECIAL_ANSWERS: dict[Face, Schema] = {
    Face.INVOKE_TOOL: _as_one_or_events(_named("Invocation")),
    Face.READ_ARTIFACT: _BYTES,
    Face.LIST_MODELS: _json(_named("OpenAIModelList")),
    Face.GET_MODEL: _json(_named("OpenAIModel")),
    Face.CHAT: _as_one_or_events(_named("ChatCompletion")),
    Face.EMBEDDINGS: _json(_named("Embeddings")),
    Face.MCP_MESSAGE: _as_one_or_events({"type": "object"}),
    Face.MCP_STREAM: {"text/event-stream": {"schema": {"type": "object"}}},
    Face.METRICS: {"text/plain": {"schema": {"type": "string"}}},
    Face.DOCS: {"text/html": {"schema": {"type": "string"}}},
}


class Operations:
    """Makes operations; what they refer to is collected in `schemas`."""

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas

    def of(self, route: Route, method: MethodDescriptor | None) -> dict[str, Any]:
        """The operation of a route; `method` is its RPC's, if it has one."""
        comment = self._schemas.comment(method.full_name) if method is not None else ""
        text = route.summary or comment
        operation: dict[str, Any] = {
            "operationId": _operation_id(route, method),
            "summary": text.partition(". ")[0].rstrip("."),
            "description": text + _scope_text(route.scope),
            "tags": [_tag(route)],
            "responses": {"200": {"description": "Done.", "content": self._answer(route, method)}},
        }
        if route.scope == OPEN:
            operation["security"] = []
        parameters = self._parameters(route, method)
        if parameters:
            operation["parameters"] = parameters
        if route.has_body and method is not None:
            operation["requestBody"] = {"content": self._body(route, method)}
        operation["responses"]["default"] = _failure(route)
        return operation

    def _parameters(self, route: Route, method: MethodDescriptor | None) -> list[Schema]:
        in_path = path_parameters(route.path.replace("=**", ""))
        parameters: list[Schema] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in in_path
        ]
        for option in route.options:
            description, schema = _OPTIONS[option]
            parameters.append({"name": option, "in": "query", "description": description, "schema": schema})
        if method is None or route.has_body or route.is_openai or route.face is Face.READ_ARTIFACT:
            return parameters
        for field in method.input_type.fields:
            if field.name in NOT_FROM_CLIENTS or field.name in in_path or field.message_type or holds_json(field):
                continue
            schema = self._schemas.field(field)
            parameter = {"name": field.name, "in": "query", "description": schema.pop("description"), "schema": schema}
            parameters.append(parameter | ({"required": True} if field.name in route.required else {}))
        return parameters

    def _body(self, route: Route, method: MethodDescriptor) -> Schema:
        if route.face is Face.CHAT:
            return _json(_named("ChatCompletionRequest"))
        if route.face is Face.EMBEDDINGS:
            return _json(_named("EmbeddingsRequest"))
        if route.face is Face.CREATE_ARTIFACT:
            return _BYTES
        hidden = NOT_FROM_CLIENTS | frozenset(path_parameters(route.path))
        schema = self._schemas.message(method.input_type, hidden, route.required, closed=True)
        if route.face is Face.ADD_DOCUMENT:
            text = {"type": "string", "description": "The document as text, instead of content."}
            schema["properties"]["text"] = text
            return _json(schema) | _BYTES
        return _json(schema)

    def _answer(self, route: Route, method: MethodDescriptor | None) -> Schema:
        special = self._special_answer(route.face)
        if special is not None:
            return special
        if method is None:
            return _json({"type": "object"})
        response = method.output_type
        wrapped = wrapped_field(response)
        if wrapped is None:
            return _json(self._schemas.reference(response))
        resource = self._schemas.reference(wrapped.message_type)
        beside = self._schemas.message(response, hidden=(wrapped.name,))
        return _json({"allOf": [resource, beside]} if beside["properties"] else resource)

    def _special_answer(self, face: Face) -> Schema | None:
        """What a face answers, where its RPC does not say it."""
        if face is Face.EVENTS:
            return {"text/event-stream": {"schema": self._schemas.reference(run_event_pb2.RunEvent.DESCRIPTOR)}}
        if face is Face.DEPLOY_TOOLS:
            return _as_one_or_events(self._schemas.reference(deployment_pb2.Deployment.DESCRIPTOR))
        if face is Face.INVOKE_TOOL:
            self._schemas.reference(tool_pb2.ArtifactRef.DESCRIPTOR)
        return _SPECIAL_ANSWERS.get(face)


def _scope_text(scope: str) -> str:
    if scope == ANY_KEY:
        return " Needs a key, and of it the scope of what is asked."
    return f" Needs the scope `{scope}`." if scope != OPEN else ""


def _failure(route: Route) -> Schema:
    if route.is_mcp:
        return {"description": "It failed, as a JSON-RPC error.", "content": _json({"type": "object"})}
    if route.is_openai:
        return {"description": "It failed.", "content": _json(_named("OpenAIError"))}
    return {"description": "It failed.", "content": {"application/problem+json": {"schema": _named("Problem")}}}


def _operation_id(route: Route, method: MethodDescriptor | None) -> str:
    if route.is_openai or method is None:
        return route.face.name.lower()
    return f"{method.name}{'ByPost' if route.path.endswith(':search') and route.has_body else ''}"


def _tag(route: Route) -> str:
    if route.is_openai:
        return "openai"
    return route.path.split("/")[2].partition(":")[0] if route.path.startswith("/v1/") else "platform"
