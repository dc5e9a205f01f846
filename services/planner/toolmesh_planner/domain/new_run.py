"""What may be asked of the planner: a request is checked once, and its limits are settled."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from toolmesh.chat.v1.message_pb2 import ROLE_ASSISTANT, ROLE_TOOL, ROLE_UNSPECIFIED, ROLE_USER, Message
from toolmesh.planner.v1.run_pb2 import RunLimits
from toolmesh.planner.v1.run_service_pb2 import CreateRunRequest
from toolmesh_core.errors import InvalidInput
from toolmesh_core.json_schema import JsonSchema

_TOOL_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MOST_TOOLS = 100
_LONGEST_REQUEST_ID = 128


@dataclass(frozen=True)
class LimitRules:
    """What a run may spend: what it gets where it asks for nothing, and the most it can ask for."""

    default_steps: int
    most_steps: int
    default_tokens: int
    most_tokens: int
    default_duration_s: float
    most_duration_s: float

    def settle(self, asked: RunLimits) -> RunLimits:
        """The limits in force. InvalidInput for more than the most."""
        duration = asked.max_duration.ToTimedelta().total_seconds()
        settled = RunLimits(
            max_steps=int(_settled("max_steps", asked.max_steps, self.default_steps, self.most_steps)),
            max_tokens=int(_settled("max_tokens", asked.max_tokens, self.default_tokens, self.most_tokens)),
        )
        seconds = _settled("max_duration", duration, self.default_duration_s, self.most_duration_s)
        settled.max_duration.FromTimedelta(timedelta(seconds=seconds))
        return settled


def checked_request(request: CreateRunRequest, rules: LimitRules, most_bytes: int) -> CreateRunRequest:
    """A copy with its limits settled, `messages` as the conversation to begin with and `input` as its last request.

    Raises:
        InvalidInput: names the field to mend.
    """
    if request.ByteSize() > most_bytes:
        raise InvalidInput(
            f"the request has {request.ByteSize()} bytes, at most {most_bytes} are taken; shorten it or raise the "
            "planner's max_request_bytes",
            field="messages" if request.messages else "input",
        )
    if len(request.request_id) > _LONGEST_REQUEST_ID:
        raise InvalidInput(f"'request_id' is longer than {_LONGEST_REQUEST_ID} characters", field="request_id")
    _check_tools(request)
    checked = CreateRunRequest()
    checked.CopyFrom(request)
    checked.limits.CopyFrom(rules.settle(request.limits))
    checked.model = request.model or "default"
    _settle_conversation(checked)
    return checked


def history_messages_of(messages: list[Message]) -> int:
    """How many messages came before the request: all up to the assistant's last word, or else all but the last."""
    spoken = [place for place, message in enumerate(messages) if message.role == ROLE_ASSISTANT]
    return spoken[-1] + 1 if spoken else len(messages) - 1


def _settle_conversation(request: CreateRunRequest) -> None:
    if request.input.strip() and request.messages:
        raise InvalidInput("give 'input' or 'messages', not both", field="input")
    if request.messages:
        _check_messages(list(request.messages))
        asked = [message.content for message in request.messages if message.role == ROLE_USER]
        request.input = asked[-1]
    elif request.input.strip():
        request.messages.add(role=ROLE_USER, content=request.input)
    else:
        raise InvalidInput("'input' is empty; say in plain language what to do", field="input")


def _check_messages(messages: list[Message]) -> None:
    for place, message in enumerate(messages):
        if message.role == ROLE_UNSPECIFIED:
            raise InvalidInput(f"message {place} has no role", field=f"messages[{place}].role")
        if message.role == ROLE_TOOL and not message.tool_call_id:
            raise InvalidInput(
                f"message {place} does not say which call it answers", field=f"messages[{place}].tool_call_id"
            )
    last = len(messages) - 1
    if messages[last].role not in (ROLE_USER, ROLE_TOOL):
        raise InvalidInput("the last message must be the user's or a tool's", field=f"messages[{last}].role")
    if not any(message.role == ROLE_USER and message.content.strip() for message in messages):
        raise InvalidInput("no message of the user says anything", field="messages")


def _check_tools(request: CreateRunRequest) -> None:
    if request.tools and request.client_tools:
        raise InvalidInput("give 'tools' or 'client_tools', not both", field="tools")
    if max(len(request.tools), len(request.client_tools)) > _MOST_TOOLS:
        raise InvalidInput(f"at most {_MOST_TOOLS} tools can be named", field="tools")
    names = [tool.name for tool in request.client_tools]
    for place, tool in enumerate(request.client_tools):
        if not _TOOL_NAME.fullmatch(tool.name):
            raise InvalidInput(
                f"client tool name '{tool.name[:80]}' must be 1 to 64 letters, digits, '_' or '-'",
                field=f"client_tools[{place}].name",
            )
        _check_schema(tool.arguments_schema_json, place)
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise InvalidInput(f"client tool '{twice[0]}' is given twice", field="client_tools")
    allowed = names or list(request.tools)
    if request.required_tool and allowed and request.required_tool not in allowed:
        raise InvalidInput(f"'required_tool' {request.required_tool!r} is not among the tools", field="required_tool")


def _check_schema(schema_json: str, place: int) -> None:
    field = f"client_tools[{place}].arguments_schema_json"
    try:
        JsonSchema(schema_json or "{}")
    except InvalidInput as error:
        raise InvalidInput(error.message, field=field, reason=error.reason) from error


def _settled(name: str, asked: float, default: float, most: float) -> float:
    if asked < 0 or asked > most:
        raise InvalidInput(f"'limits.{name}' must be 0 to {most:g}, got {asked:g}", field=f"limits.{name}")
    return asked or default
