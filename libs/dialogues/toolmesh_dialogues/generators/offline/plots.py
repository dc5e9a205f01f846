"""What can happen in a dialogue: one call, several, a question back, a follow-up, a failure, no tool at all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from toolmesh_dialogues.dialogue import Kind, Language
from toolmesh_dialogues.gallery.gallery_tool import GalleryTool, Parameter
from toolmesh_dialogues.generators.offline.described_request import described_request
from toolmesh_dialogues.generators.offline.manners import asked, label_of, question_for, refusal, reply_with
from toolmesh_dialogues.generators.offline.script import Script
from toolmesh_dialogues.generators.offline.small_talk import small_talk
from toolmesh_dialogues.generators.offline.template import Rendered, names_required, omissible, render
from toolmesh_dialogues.values.draw import draw_value
from toolmesh_dialogues.values.moments import draw_day_from, draw_today, spoken_today
from toolmesh_dialogues.values.names import name_words
from toolmesh_dialogues.values.spoken_value import SpokenValue

_JOINTS: dict[Language, Sequence[str]] = {
    "en": ("{}. Also, {}", "{} and then {}", "{}, and {}", "{}. After that, {}"),
    "zh": ("{}，另外{}", "{}，然后{}", "{}，还有{}"),
}


@dataclass(slots=True)
class Scene:
    """What a plot has to work with. `tools` are the ones it may call, the first one always."""

    rng: Random
    language: Language
    tools: Sequence[GalleryTool]
    script: Script

    @property
    def tool(self) -> GalleryTool:
        return self.tools[0]


Plot = Callable[[Scene], bool]


def single(scene: Scene) -> bool:
    """One request, one call, one answer."""
    request = _request(scene, scene.tool)
    scene.script.user(asked(scene.rng, request.text, scene.language))
    scene.script.call_and_answer((scene.tool, request.arguments(scene.tool)))
    return True


def relative_day(scene: Scene) -> bool:
    """A day told from today, such as "next Friday"; the request says which day today is."""
    dates = [item for item in scene.tool.parameters if item.draw == "date" and item.required]
    if len(dates) != 1:
        return False
    today = draw_today(scene.rng)
    given = {dates[0].name: draw_day_from(scene.rng, today, scene.language)}
    request = _request(scene, scene.tool, given=given)
    joint = " " if scene.language == "en" else ""
    text = asked(scene.rng, request.text, scene.language)
    scene.script.user(f"{spoken_today(today, scene.language)}{joint}{text}")
    scene.script.call_and_answer((scene.tool, request.arguments(scene.tool)))
    return True


def missing_argument(scene: Scene) -> bool:
    """The request lacks a required argument: a question back, the user's answer, the call."""
    template = _template(scene, scene.tool)
    names = omissible(template, scene.tool)
    if not names:
        return False
    item = scene.tool.parameter(scene.rng.choice(names))
    request = render(scene.rng, template, scene.tool, scene.language, left_out=item.name)
    value = draw_value(scene.rng, item, scene.language)
    scene.script.user(asked(scene.rng, request.text, scene.language))
    scene.script.assistant(question_for(scene.rng, item, scene.language))
    scene.script.user(reply_with(scene.rng, item, value.text, scene.language))
    whole = Rendered(request.text, {**request.spoken, item.name: value})
    scene.script.call_and_answer((scene.tool, whole.arguments(scene.tool)))
    return True


def same_tool_twice(scene: Scene) -> bool:
    """Two values for one argument: two calls side by side."""
    wanted = [item for item in scene.tool.parameters if item.required and item.draw.startswith("word ")]
    if not wanted:
        return False
    item = scene.rng.choice(wanted)
    one, two = (draw_value(scene.rng, item, scene.language) for _ in range(2))
    if one.value == two.value:
        return False
    both = f"{one.text} and {two.text}" if scene.language == "en" else f"{one.text}和{two.text}"
    request = _request(scene, scene.tool, given={item.name: SpokenValue(None, both)})
    scene.script.user(asked(scene.rng, request.text, scene.language))
    if any(spoken.value in (one.value, two.value) for spoken in request.spoken.values()):
        return False
    calls = [Rendered("", {**request.spoken, item.name: value}).arguments(scene.tool) for value in (one, two)]
    scene.script.call_and_answer(*((scene.tool, arguments) for arguments in calls))
    return True


def two_tools(scene: Scene) -> bool:
    """Two requests in one: two calls side by side."""
    if len(scene.tools) < 2:
        return False
    first, second = (_request(scene, tool, imperative=True) for tool in scene.tools[:2])
    joined = scene.rng.choice(_JOINTS[scene.language]).format(first.text, _small(second.text))
    scene.script.user(asked(scene.rng, joined, scene.language))
    calls = [(tool, made.arguments(tool)) for tool, made in zip(scene.tools[:2], (first, second), strict=True)]
    scene.script.call_and_answer(*calls)
    return True


def dependent_calls(scene: Scene) -> bool:
    """The second call takes a value of the first one's result."""
    linked = _link(scene.tools)
    if not linked:
        return False
    first_tool, field, second_tool, item = linked
    first = _request(scene, first_tool, imperative=True)
    label = label_of(field, scene.language)
    taken = SpokenValue(None, f"that {label}" if scene.language == "en" else "上面的结果")
    second = _request(scene, second_tool, given={item.name: taken}, imperative=True)
    joint = "{}, then {}" if scene.language == "en" else "{}，然后{}"
    scene.script.user(asked(scene.rng, joint.format(first.text, _small(second.text)), scene.language))
    (result,) = scene.script.call((first_tool, first.arguments(first_tool)))
    whole = Rendered("", {**second.spoken, item.name: SpokenValue(result[field.name], "")})
    scene.script.call_and_answer((second_tool, whole.arguments(second_tool)))
    return True


def follow_up(scene: Scene) -> bool:
    """A second request that changes one value of the first."""
    request = _request(scene, scene.tool)
    spoken = [item for item in scene.tool.parameters if item.required and item.name in request.spoken]
    spoken = [item for item in spoken if item.schema.get("type") in ("string", "number", "integer")]
    if not spoken:
        return False
    scene.script.user(asked(scene.rng, request.text, scene.language))
    scene.script.call_and_answer((scene.tool, request.arguments(scene.tool)))
    item = scene.rng.choice(spoken)
    value = draw_value(scene.rng, item, scene.language)
    if value.value == request.spoken[item.name].value:
        return False
    label = label_of(item, scene.language)
    said = value.text
    forms = (f"And with {said} as the {label}?", f"What if the {label} is {said}?", f"Now {label} {said}")
    again = scene.rng.choice(forms) if scene.language == "en" else f"如果{label}换成{said}呢？"
    scene.script.user(again)
    scene.script.call_and_answer((scene.tool, Rendered("", {**request.spoken, item.name: value}).arguments(scene.tool)))
    return True


def failing_tool(scene: Scene) -> bool:
    """The tool says no, and the answer says so."""
    request = _request(scene, scene.tool)
    scene.script.user(asked(scene.rng, request.text, scene.language))
    scene.script.fail(scene.tool, request.arguments(scene.tool))
    return True


def impossible(scene: Scene) -> bool:
    """A request for a tool that is not on offer. The scene's tool must not be shown."""
    scene.script.user(asked(scene.rng, _request(scene, scene.tool).text, scene.language))
    scene.script.assistant(refusal(scene.rng, scene.language))
    return True


def chat(scene: Scene) -> bool:
    """Small talk or plain knowledge: tools are on offer and none is needed."""
    text, answer = small_talk(scene.rng, scene.language)
    scene.script.user(text)
    scene.script.assistant(answer)
    return True


def question_about_tool(scene: Scene) -> bool:
    """A question about the tool itself, answered from its description and schema."""
    tool, english = scene.tool, scene.language == "en"
    needed = [label_of(item, scene.language) for item in tool.parameters if item.required]
    listed = (", " if english else "、").join(needed) or ("nothing" if english else "不需要参数")
    about = tool.description.rstrip(".。") if english or not tool.description_zh else tool.description_zh.rstrip("。")
    pairs = (
        ("What does {0} need?", "{0} needs: {1}."), ("What is {0} for?", "{0}: {2}."),
        ("How do I use {0}?", "Say these: {1}. {2}."), ("Which arguments does {0} take?", "It must have: {1}."),
        ("Can {0} be called without arguments?", "It must have: {1}."), ("Describe the tool {0}", "{2}."),
    ) if english else (
        ("{0}需要什么参数？", "{0}需要：{1}。"), ("{0}是做什么的？", "{2}。"), ("怎么使用{0}？", "请提供：{1}。{2}。"),
    )  # fmt: skip
    question, answer = scene.rng.choice(pairs)
    scene.script.user(question.format(tool.name))
    scene.script.assistant(answer.format(tool.name, listed, about))
    return True


# Each plot with how often it is meant, and the kind of dialogue it makes; None is the kind of its tool.
PLOTS: Sequence[tuple[Plot, float, Kind | None]] = (
    (single, 0.44, None),
    (relative_day, 0.04, None),
    (missing_argument, 0.10, None),
    (same_tool_twice, 0.05, None),
    (two_tools, 0.07, None),
    (dependent_calls, 0.06, None),
    (follow_up, 0.05, None),
    (failing_tool, 0.02, None),
    (impossible, 0.09, "api_agnostic"),
    (chat, 0.04, "api_agnostic"),
    (question_about_tool, 0.04, "api_oriented"),
)


def _request(
    scene: Scene, tool: GalleryTool, *, given: dict[str, SpokenValue] | None = None, imperative: bool = False
) -> Rendered:
    return render(scene.rng, _template(scene, tool, imperative=imperative), tool, scene.language, given=given)


def _template(scene: Scene, tool: GalleryTool, *, imperative: bool = False) -> str:
    written = [one for one in tool.requests.get(scene.language, ()) if names_required(one, tool)]
    if imperative:
        written = [one for one in written if not one.endswith(("?", "？")) and not one.startswith("I ")] or written
    return scene.rng.choice(written) if written else described_request(scene.rng, tool)


def _link(tools: Sequence[GalleryTool]) -> tuple[GalleryTool, Parameter, GalleryTool, Parameter] | None:
    """Two tools where the second takes what the first gives: drawn alike, so of the same sort."""
    for first in tools:
        for field in first.returns:
            for second in tools:
                for item in second.parameters if second.base_name != first.base_name else ():
                    alike = _same_sort(field, item, near=first.topic == second.topic)
                    if item.required and alike:
                        return first, field, second, item
    return None


def _same_sort(field: Parameter, item: Parameter, *, near: bool) -> bool:
    """Numbers are of one sort only within a topic: nobody converts a body mass index to dollars."""
    if field.schema.get("type") != item.schema.get("type") or field.draw == "word topic":
        return False
    kinds = {field.draw.split(" ")[0], item.draw.split(" ")[0]}
    if kinds <= {"number", "money", "integer"}:
        return near
    alike = field.draw == item.draw and not kinds & {"flag", "choice", "example", "list", "object"}
    # Draws of strange tools are guesses, so that their names must agree as well.
    return alike and (bool({*name_words(field.name)} & {*name_words(item.name)}) or bool(kinds & {"email", "url"}))


def _small(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() else text
