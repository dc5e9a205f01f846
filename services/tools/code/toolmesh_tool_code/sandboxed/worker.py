"""The interpreter of one session: takes a program a message, answers with what came of it."""

import base64
import os
import sys
from typing import Any

from . import exchanged_files
from .channel import Channel
from .confinement import confine
from .figures import draw_figures
from .program import Namespace, cut
from .time_limit import TimeLimit, time_limit

MOST_CHANGED = 50
Message = dict[str, Any]


def main() -> None:
    """Serves until the service is gone. The only argument is the descriptor of the channel."""
    channel = Channel(int(sys.argv[1]))
    limits = channel.receive()
    if limits is None:
        return
    confine(limits)
    exchanged_files.FOLDER.mkdir(mode=0o700)
    os.chdir(exchanged_files.FOLDER)
    # Behind all others, so that a file named like a module hides none.
    sys.path.append(str(exchanged_files.FOLDER))
    namespace = Namespace()
    own = os.getpid()
    channel.send({"ready": True})
    while (question := channel.receive()) is not None:
        answer = answer_to(question, namespace)
        if os.getpid() != own:
            # A fork of the program's that came back here is no second interpreter.
            os._exit(0)
        channel.send(answer)


def answer_to(question: Message, namespace: Namespace) -> Message:
    """What came of one program; where time was over, what there was until then."""
    answer: Message = {
        "call": question["call"],
        "value": None,
        "error": None,
        "images": [],
        "files": [],
        "changed": [],
        "notes": [],
    }
    try:
        with time_limit(question["time_limit_s"]):
            _fill(answer, question, namespace)
    except TimeLimit:
        message = f"stopped after {question['time_limit_s']:g} s; the variables are kept: do less, or allow more time"
        answer["error"] = {"type": "TimeLimit", "message": message, "traceback": ""}
    except Exception as error:  # noqa: BLE001 - a full disk, or what a program did to the interpreter
        message = cut(f"{type(error).__name__}: {error}", question["most_characters"])
        answer["error"] = {"type": "Interpreter", "message": message, "traceback": ""}
    return answer


def _fill(answer: Message, question: Message, namespace: Namespace) -> None:
    exchanged_files.put_files(question["files"])
    before = exchanged_files.look()
    name, most = f"<program {question['call']}>", question["most_characters"]
    answer["value"], answer["error"] = namespace.run(question["code"], name, most)
    changed = [(path, facts[0]) for path, facts in exchanged_files.look().items() if before.get(path) != facts]
    answer["changed"] = [{"name": path, "size_bytes": size} for path, size in sorted(changed)[:MOST_CHANGED]]
    if len(changed) > MOST_CHANGED:
        answer["notes"].append(f"{len(changed)} files changed; {MOST_CHANGED} are listed")
    room = _add_images(answer, question)
    _add_files(answer, question["return_files"], room)


def _add_images(answer: Message, question: Message) -> int:
    """Adds the figures that fit; gives the bytes that are left for files."""
    room = question["most_bytes"]
    for number, drawn in enumerate(draw_figures(), 1):
        if isinstance(drawn, str):
            answer["notes"].append(cut(drawn, 300))
        elif len(answer["images"]) == question["most_images"]:
            answer["notes"].append(f"figure {number} is left out: {question['most_images']} images are the most")
        elif len(drawn) > min(room, question["most_image_bytes"]):
            answer["notes"].append(f"figure {number} has {len(drawn)} bytes, which is too many: draw it smaller")
        else:
            room -= len(drawn)
            answer["images"].append({"name": f"figure_{number}.png", "base64": base64.b64encode(drawn).decode()})
    return int(room)


def _add_files(answer: Message, names: list[str], room: int) -> None:
    for name in names:
        try:
            content = exchanged_files.read_file(name, room)
        except ValueError as error:
            answer["notes"].append(cut(str(error), 300))
        else:
            room -= len(content)
            answer["files"].append({"name": name, "base64": base64.b64encode(content).decode()})
