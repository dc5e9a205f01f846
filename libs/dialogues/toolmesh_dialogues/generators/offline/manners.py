"""Ways to ask, to ask back and to answer, in English and Chinese."""

from collections.abc import Mapping, Sequence
from random import Random

from toolmesh_dialogues.dialogue import Language
from toolmesh_dialogues.gallery.gallery_tool import Parameter
from toolmesh_dialogues.values.names import name_words

_ASKING: Mapping[Language, Sequence[str]] = {
    "en": (
        "{}.", "{}.", "{}", "Please {}.", "{}, please.", "Could you {}?", "Can you {} for me?", "I need you to {}.",
        "I'd like you to {}.", "Would you {}?", "Hi, {}.", "Help me {}.", "Go ahead and {}.",
        "{} for me.", "Can you please {}?",
    ),
    "zh": ("{}", "{}。", "请{}。", "帮我{}。", "麻烦{}。", "能不能{}？", "可以{}吗？"),
}  # fmt: skip
_LEADS: Mapping[Language, Sequence[str]] = {
    "en": ("I am preparing a report.", "My teacher asked me this.", "Quick question.", "I'm busy right now.",
           "It is for a friend.", "Hello!", "This is for work.", "We were just talking about this."),
    "zh": ("你好。", "问一个问题。", "我在写报告。", "朋友问我的。"),
}  # fmt: skip
_ASK_BACK: Mapping[Language, Sequence[str]] = {
    "en": ("What should the {} be?", "Which {} do you want?", "Could you tell me the {}?",
           "I need the {} for that. What is it?"),
    "zh": ("请问{}是什么？", "请告诉我{}。", "还需要{}，是多少？"),
}  # fmt: skip
_REPLIES: Mapping[Language, Sequence[str]] = {
    "en": ("{1}", "{1}, please.", "The {0} is {1}.", "It's {1}.", "Use {1}."),
    "zh": ("{1}", "{1}。", "{0}是{1}。"),
}
_REFUSALS: Mapping[Language, Sequence[str]] = {
    "en": ("None of the tools I have can do that.", "I cannot do that with the tools at hand.",
           "Sorry, I have no tool for that."),
    "zh": ("现有的工具都做不到这件事。", "抱歉，我没有能完成这个请求的工具。"),
}  # fmt: skip


def asked(rng: Random, text: str, language: Language) -> str:
    """A request as somebody would put it: an imperative gets a frame, a question or statement stays one."""
    if text.endswith(("?", "？", ".", "。")) or text.startswith(("I ", "A ", "My ", "We ")):
        framed = text if rng.random() < 0.8 else f"{text} {'Thanks!' if language == 'en' else '谢谢！'}"
    elif ". " in text:
        framed = f"{_capital(text)}."
    else:
        frame = rng.choice(_ASKING[language])
        framed = frame.format(text if language == "zh" or frame.startswith("{") else _small(text))
    if rng.random() < 0.08:
        framed = f"{rng.choice(_LEADS[language])} {_capital(framed)}"
    return framed if rng.random() < 0.1 else _capital(framed)


def question_for(rng: Random, item: Parameter, language: Language) -> str:
    """Asks back for an argument."""
    return rng.choice(_ASK_BACK[language]).format(label_of(item, language))


def reply_with(rng: Random, item: Parameter, text: str, language: Language) -> str:
    """The user's answer to such a question."""
    return rng.choice(_REPLIES[language]).format(label_of(item, language), text)


def refusal(rng: Random, language: Language) -> str:
    """Says that no tool at hand can do it."""
    return rng.choice(_REFUSALS[language])


def label_of(item: Parameter, language: Language) -> str:
    """What a parameter is called when it is spoken of."""
    return (language == "zh" and item.label_zh) or " ".join(name_words(item.name))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _small(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() else text
