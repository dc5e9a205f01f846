"""A model's chat template as inference applies it: the prompt of a conversation, and the mark that ends a turn."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from toolmesh_inference.domain.conversation import ChatMessage, ControlTokens, plain_messages

_PROBE = "\u2402probe\u2403"


class ChatTokenizer(Protocol):
    """What is asked of a transformers tokenizer."""

    eos_token: Any

    def apply_chat_template(self, conversation: list[dict[str, str]], **options: Any) -> Any: ...


class ChatFormat:
    """Lays conversations out just as the service `inference` does, so that training text equals production text.

    Args:
        template: the text of messages, by the model's own template; the flag asks for the head of an assistant's turn.
        control_tokens: broken up in messages, as inference does.
        end_of_turn: what the model writes after an assistant's message.
    """

    def __init__(
        self, template: Callable[[list[dict[str, str]], bool], str], control_tokens: ControlTokens, end_of_turn: str
    ) -> None:
        self._template = template
        self._control_tokens = control_tokens
        self.end_of_turn = end_of_turn

    @classmethod
    def of_tokenizer(cls, tokenizer: ChatTokenizer, control_tokens: Sequence[str]) -> "ChatFormat":
        """By a transformers tokenizer with a chat template."""

        def template(messages: list[dict[str, str]], opened: bool) -> str:
            return str(tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=opened))

        return cls(template, ControlTokens(control_tokens), str(tokenizer.eos_token))

    def prompt(self, messages: Sequence[ChatMessage]) -> str:
        """The text that the model goes on from; an assistant's last message is left open."""
        plain = [
            {"role": each.role, "content": self._control_tokens.defused(each.content)}
            for each in plain_messages(messages)
        ]
        if plain and plain[-1]["role"] == "assistant":
            return self._template(plain[:-1], True) + plain[-1]["content"]
        return self._template(plain, True)

    def defused(self, text: str) -> str:
        """A text as it stands in a prompt, its control tokens broken up."""
        return self._control_tokens.defused(text)

    def turn_end(self) -> str:
        """What the template writes between an assistant's content and the next turn."""
        asked = [{"role": "user", "content": "q"}]
        opened = self._template(asked, True)
        whole = self._template([*asked, {"role": "assistant", "content": _PROBE}], False)
        return whole[len(opened) :].partition(_PROBE)[2]
