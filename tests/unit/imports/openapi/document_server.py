"""A server made of an OpenAPI document: it knows the document's operations and refuses what does not fit them.

It reads the document by itself, without the code under test, so that both must agree on what the document says.
"""

import json
import re
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from .http_peer import Asked, Reply

METHODS = ("get", "put", "post", "delete", "patch")
TYPES: dict[str, Any] = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict, "number": float}


class Refused(Exception):
    """A request that the document does not describe."""


class DocumentServer:
    """Answers each operation with what it understood: operationId, path, query, body."""

    def __init__(self, document: Any, base: str, token: str) -> None:
        self.document = document
        self.authorization = f"Bearer {token}"
        self.routes = [
            (method.upper(), re.compile(base + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)), operation)
            for path, item in document["paths"].items()
            for method, operation in item.items()
            if method in METHODS
        ]

    def answer(self, asked: Asked) -> Reply:
        """The reply to a request."""
        try:
            return Reply(self._understood(asked))
        except Refused as error:
            return Reply({"error": str(error)}, "400 Bad Request")

    def _understood(self, asked: Asked) -> Any:
        if asked.headers.get("authorization") != self.authorization:
            raise Refused("no token")
        address = urlsplit(asked.target)
        fitting = [
            (found, operation)
            for method, pattern, operation in self.routes
            if method == asked.method and (found := pattern.fullmatch(address.path))
        ]
        if not fitting:
            raise Refused(f"no operation {asked.method} {address.path}")
        # A path without names in braces goes before one with them (OpenAPI 3.1.1, section 4.8.8.2).
        found, operation = min(fitting, key=lambda pair: len(pair[0].groupdict()))
        return {
            "operation": operation["operationId"],
            "path": {name: unquote(value) for name, value in found.groupdict().items()},
            "query": self._query(operation, address.query),
            "body": self._body(operation, asked),
        }

    def _meant(self, value: Any) -> Any:
        while isinstance(value, dict) and "$ref" in value:
            place = self.document
            for key in value["$ref"].removeprefix("#/").split("/"):
                place = place[key.replace("~1", "/").replace("~0", "~")]
            value = place
        return value

    def _query(self, operation: Any, text: str) -> dict[str, Any]:
        declared = [self._meant(parameter) for parameter in operation.get("parameters", [])]
        by_name = {parameter["name"]: parameter for parameter in declared if parameter["in"] == "query"}
        given = parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text))
        if unknown := {name for name, _ in given} - by_name.keys():
            raise Refused(f"unknown in the query: {unknown}")
        missing = {name for name, item in by_name.items() if item.get("required") in (True, "true")} - dict(
            given
        ).keys()
        if missing:
            raise Refused(f"missing in the query: {missing}")
        return {name: self._value(by_name[name], value) for name, value in given}

    def _value(self, parameter: Any, text: str) -> Any:
        schema = self._meant(parameter["schema"])
        if schema["type"] == "integer":
            return int(text)
        if schema["type"] == "boolean":
            return {"true": True, "false": False}[text]
        if schema["type"] == "array" and parameter.get("explode") in (False, "false"):
            return text.split(",")
        return text

    def _body(self, operation: Any, asked: Asked) -> Any:
        if not asked.body:
            return None
        content = self._meant(operation["requestBody"])["content"]
        schema = self._meant(content[asked.headers["content-type"]]["schema"])
        value = json.loads(asked.body)
        if missing := set(schema.get("required", [])) - value.keys():
            raise Refused(f"missing in the body: {missing}")
        declared = schema["properties"]
        if value.keys() - declared.keys() and not schema.get("additionalProperties"):
            raise Refused(f"unknown in the body: {value.keys() - declared.keys()}")
        for name, item in ((name, item) for name, item in value.items() if name in declared):
            wanted = self._meant(declared[name])["type"]
            if not isinstance(item, TYPES[wanted]):
                raise Refused(f"{name} in the body is no {wanted}")
        return value
