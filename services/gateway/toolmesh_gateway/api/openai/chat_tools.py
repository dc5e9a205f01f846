"""OpenAI's tools and tool choice as ours: tools of a request are carried out by the client."""

from typing import Any

from toolmesh.controller.v1 import controller_service_pb2
from toolmesh.planner.v1 import run_service_pb2
from toolmesh.tool.v1 import tool_pb2
from toolmesh_gateway.api.openai.fields import Fields
from toolmesh_gateway.api.transcoding.json_text import write_json
from toolmesh_gateway.api.transcoding.reading import describe

_NO_ARGUMENTS = {"type": "object", "properties": {}}
_CHOICES = {
    "auto": controller_service_pb2.TOOL_CHOICE_AUTO,
    "none": controller_service_pb2.TOOL_CHOICE_NONE,
    "required": controller_service_pb2.TOOL_CHOICE_REQUIRED,
}


def read_tools(fields: Fields, request: run_service_pb2.CreateRunRequest) -> None:
    """Fills client_tools, tool_choice and required_tool; faults go to the fields' errors."""
    for index, item in enumerate(fields.array("tools")):
        tool = Fields(item, f"{fields.path('tools')}[{index}]", fields.errors)
        if tool.get("type") != "function":
            tool.wrong("type", f"must be 'function', got {describe(tool.get('type'))}")
            continue
        request.client_tools.append(_read_function(tool.inner("function")))
    _read_choice(fields, request)


def _read_function(function: Fields) -> tool_pb2.Tool:
    parameters: Any = function.get("parameters")
    if parameters is None:
        parameters = _NO_ARGUMENTS
    elif not isinstance(parameters, dict):
        function.wrong("parameters", f"must be a JSON Schema object, got {describe(parameters)}")
        parameters = _NO_ARGUMENTS
    return tool_pb2.Tool(
        name=function.text("name", required=True),
        description=function.text("description"),
        arguments_schema_json=write_json(parameters).decode(),
    )


def _read_choice(fields: Fields, request: run_service_pb2.CreateRunRequest) -> None:
    choice = fields.get("tool_choice")
    if choice is None:
        return
    if isinstance(choice, str) and choice in _CHOICES:
        request.tool_choice = _CHOICES[choice]
    elif isinstance(choice, dict) and choice.get("type") == "function":
        request.tool_choice = controller_service_pb2.TOOL_CHOICE_REQUIRED
        request.required_tool = fields.inner("tool_choice").inner("function").text("name", required=True)
        _check_offered(fields, request)
    else:
        allowed = '\'auto\', \'none\', \'required\' or {"type": "function", "function": {"name": ...}}'
        fields.wrong("tool_choice", f"must be {allowed}, got {describe(choice)}")


def _check_offered(fields: Fields, request: run_service_pb2.CreateRunRequest) -> None:
    names = [tool.name for tool in request.client_tools]
    if names and request.required_tool and request.required_tool not in names:
        fields.wrong("tool_choice", f"names {request.required_tool!r}, which is not among the request's tools")
