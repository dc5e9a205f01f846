"""The tools that run Python and forget what it left."""

import base64
import binascii
import secrets
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from toolmesh_core.errors import ToolError
from toolmesh_tool_code.adapters.session_pool import SessionKey
from toolmesh_tool_code.api.results import RunResult, to_result
from toolmesh_tool_code.bootstrap import Desk
from toolmesh_tool_code.domain.file_names import check_file_name
from toolmesh_tool_code.settings import LONGEST_S
from toolmesh_toolkit import Example, ToolContext, tool

SessionName = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9_-]{0,64}$",
        description="Which session's variables and files to use; empty: the one of this conversation.",
    ),
]
_ANSWER_S = 3.0


class SentFile(BaseModel):
    """A file to put into the program's folder: its text, any bytes in base64, or an artifact of an earlier result."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(description='Where, such as "sales.csv".')
    text: str = Field("", description="The content, if it is text.")
    base64: str = Field("", description="The content in base64, if it is not text.")
    artifact: str = Field("", description="The id of an artifact that holds the content, such as sha256-...")


@tool(
    timeout=timedelta(seconds=LONGEST_S + 10),
    tags=("code",),
    version="1",
    examples=[
        Example("Run this Python code: print(2**100)", {"code": "print(2**100)"}),
        Example(
            "Draw a bar chart of 3, 1, 2 with Python",
            {"code": "import matplotlib.pyplot as plt\nplt.bar(['a', 'b', 'c'], [3, 1, 2])"},
        ),
        "Use Python to find all primes below 1000",
        Example("用 Python 计算前 10 个平方数", {"code": "[n * n for n in range(1, 11)]"}),
    ],
)
async def run_python(
    code: Annotated[str, Field(min_length=1, max_length=100_000, description="The program, Python 3.")],
    context: ToolContext[Desk],
    session: SessionName = "",
    files: Annotated[
        list[SentFile], Field(max_length=20, description="Files to put into the program's folder first.")
    ] = [],  # noqa: B006 - copied for each call
    return_files: Annotated[
        list[str], Field(max_length=20, description="Names of files that the program writes and you want back.")
    ] = [],  # noqa: B006
    time_limit_s: Annotated[float, Field(gt=0, le=LONGEST_S, description="Seconds the program may run.")] = 20.0,
) -> RunResult:
    """Run a Python program in a closed sandbox and return what it printed, the last value, plots and files.

    Variables and files stay for the next program of the conversation. There is no network.
    Plots of matplotlib come back as PNG artifacts; changed_files lists what was written.
    """
    desk = context.state
    question = {
        "code": code,
        "files": await _sent(files, context),
        "return_files": [check_file_name(name) for name in return_files],
    }
    key, keep = _key(context, session)
    async with desk.pool.borrow(key, keep=keep) as (borrowed, is_new):
        limit_s = min(time_limit_s, desk.max_time_limit_s, max(0.1, context.remaining_s() - _ANSWER_S))
        outcome = await borrowed.run(question, limit_s)
    return to_result(outcome, is_new=is_new)


@tool(
    idempotent=True,
    timeout=timedelta(seconds=10),
    tags=("code",),
    version="1",
    examples=[
        Example("Forget all Python variables and start afresh", {}),
        Example("重置 Python 会话", {}),
    ],
)
async def reset_python_session(context: ToolContext[Desk], session: SessionName = "") -> dict[str, bool]:
    """End a Python session: its variables, files and processes are gone, and the next program starts afresh."""
    key, _ = _key(context, session)
    return {"there_was_one": await context.state.pool.end(key)}


def _key(context: ToolContext[Desk], name: str) -> tuple[SessionKey, bool]:
    """The session that is meant, and whether it is kept: only that of a known user and conversation."""
    if context.user and (context.session or name):
        return SessionKey(context.user, context.session, name), True
    return SessionKey(context.user, secrets.token_hex(16), name), False


async def _sent(files: list[SentFile], context: ToolContext[Desk]) -> list[dict[str, Any]]:
    """As the interpreter takes them.

    Raises:
        ToolError: BAD_FILE_NAME, BAD_FILE, BAD_BASE64, UNKNOWN_ARTIFACT, FILES_TOO_LARGE.
    """
    most = room = context.state.max_sent_bytes
    sent = []
    for file in files:
        name = check_file_name(file.name)
        if sum(map(bool, (file.text, file.base64, file.artifact))) > 1:
            raise ToolError(
                f"file {file.name[:80]!r} has more than one of text, base64 and artifact: give one", reason="BAD_FILE"
            )
        if file.artifact:
            content = await context.state.artifacts.read(context.user, file.artifact, room)
        else:
            content = _content(file)
        room -= len(content)
        if room < 0:
            raise ToolError(
                f"the files have over {most} bytes, which is all that may be sent", reason="FILES_TOO_LARGE"
            )
        sent.append({"name": name, "base64": base64.b64encode(content).decode()})
    return sent


def _content(file: SentFile) -> bytes:
    if not file.base64:
        return file.text.encode("utf-8", "replace")
    try:
        return base64.b64decode(file.base64, validate=True)
    except binascii.Error as error:
        raise ToolError(f"file {file.name[:80]!r} is not base64: {error}", reason="BAD_BASE64") from error
