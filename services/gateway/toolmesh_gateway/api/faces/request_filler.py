"""Fills an RPC's request from a route's path, query, headers and body; made once a route."""

import re
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from toolmesh_gateway.api.http.body import off_loop, read_json_body
from toolmesh_gateway.api.http.exchange import Exchange
from toolmesh_gateway.api.http.problem import invalid_fields
from toolmesh_gateway.api.transcoding.reading import FieldError, read_texts, reader_of, text_readers_of
from toolmesh_gateway.app.descriptors import class_of
from toolmesh_gateway.domain.routes import Route

# Who asks comes from the key, and how an RPC is called is the gateway's choice.
NOT_FROM_CLIENTS = frozenset(("user", "context", "result_only"))
_REQUEST_ID = "request_id"
_PATH_PARAMETER = re.compile(r"\{(\w+)\}")


def path_parameters(path: str) -> tuple[str, ...]:
    """The names of the parameters in a route's path."""
    return tuple(_PATH_PARAMETER.findall(path))


class RequestFiller:
    """Makes the requests of one route."""

    def __init__(self, route: Route, descriptor: Descriptor, limit: int) -> None:
        self._route = route
        self._new_request = class_of(descriptor)
        self._limit = limit
        hidden = NOT_FROM_CLIENTS | frozenset(path_parameters(route.path))
        self._options = frozenset(route.options)
        self._read_body = reader_of(descriptor, hidden)
        self._text_readers = {} if route.has_body else text_readers_of(descriptor, hidden)
        self._takes_request_id = _REQUEST_ID in descriptor.fields_by_name
        self._json_names = {name: descriptor.fields_by_name[name] for name in route.required}

    async def fill(self, exchange: Exchange) -> Any:
        """The request. Raises HttpProblem that names every field that is wrong."""
        request = self._new_request()
        errors: list[FieldError] = []
        query = exchange.query()
        if query:
            texts = {name: values for name, values in query.items() if name not in self._options}
            errors += read_texts(texts, self._text_readers, request)
        if self._route.has_body:
            value = await read_json_body(exchange, self._limit)
            size = int(exchange.headers.get(b"content-length", 0))
            await off_loop(size, lambda _: self._read_body(value, request, "", errors), None)
        for name, text in exchange.parameters.items():
            setattr(request, name, text)
        if self._takes_request_id:
            self._take_idempotency_key(exchange, request)
        self._check_required(request, errors)
        if errors:
            raise invalid_fields(errors)
        return request

    def _take_idempotency_key(self, exchange: Exchange, request: Any) -> None:
        key = exchange.headers.get(b"idempotency-key")
        if key and not request.request_id:
            request.request_id = key.decode("latin-1")

    def _check_required(self, request: Message, errors: list[FieldError]) -> None:
        for name, field in self._json_names.items():
            if _is_empty(request, field) and not any(error.field == name for error in errors):
                errors.append(FieldError(name, "is missing"))


def _is_empty(request: Message, field: FieldDescriptor) -> bool:
    return not (request.HasField(field.name) if field.has_presence else getattr(request, field.name))
