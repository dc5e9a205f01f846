"""Adds a document: takes its text out, cuts it into passages, keeps them. They are found by words at once, by
meaning as soon as they are embedded."""

import asyncio
import posixpath
from collections.abc import Callable
from dataclasses import dataclass

from toolmesh_core.clock import Clock
from toolmesh_core.errors import InvalidInput
from toolmesh_retriever.app.ports import DocumentReader, DocumentStore, DocumentText, NewPassage, StoredDocument
from toolmesh_retriever.domain.media_types import media_type_of
from toolmesh_retriever.domain.passage_cutting import CutPassage, cut_passages
from toolmesh_retriever.domain.text_terms import terms_of
from toolmesh_retriever.domain.typical_texts import language_of

_LONGEST_TITLE = 200
_LONGEST_SOURCE = 2_000


@dataclass(frozen=True, slots=True)
class NewDocument:
    """What a caller hands over."""

    user: str
    title: str
    source: str
    media_type: str
    content: bytes
    request_id: str


@dataclass
class AddDocument:
    """The use case; `added` is called after each new document."""

    store: DocumentStore
    reader: DocumentReader
    clock: Clock
    new_id: Callable[[str], str]
    most_bytes: int
    added: Callable[[], None]

    async def __call__(self, new: NewDocument) -> StoredDocument:
        """InvalidInput: an unknown media type, no text, over a bound. A known request_id gives the first document."""
        if new.request_id:
            known = await self.store.by_request_id(new.user, new.request_id)
            if known is not None:
                return known
        self._check(new)
        media_type = media_type_of(new.media_type, new.source, new.content)
        text = await self.reader.read(new.content, media_type)
        title = _title(new, text)
        passages = await asyncio.to_thread(_passages, title, text)
        if not passages:
            raise InvalidInput(f"no text was found in {title!r}; add a file that has some", field="content")
        now = self.clock.now()
        # As it is kept: to the millisecond.
        now = now.replace(microsecond=now.microsecond // 1000 * 1000)
        document = StoredDocument(self.new_id("doc"), new.user, title, new.source, media_type, len(passages), now)
        stored = await self.store.add(document, new.request_id, passages)
        self.added()
        return stored

    def _check(self, new: NewDocument) -> None:
        if not new.content:
            raise InvalidInput("'content' is empty; send the file's bytes", field="content")
        if len(new.content) > self.most_bytes:
            raise InvalidInput(
                f"'content' has {len(new.content)} bytes, at most {self.most_bytes} are taken; split the file",
                field="content",
            )
        if len(new.title) > _LONGEST_TITLE:
            raise InvalidInput(f"'title' has {len(new.title)} characters, at most {_LONGEST_TITLE}", field="title")
        if len(new.source) > _LONGEST_SOURCE:
            raise InvalidInput(f"'source' has {len(new.source)} characters, at most {_LONGEST_SOURCE}", field="source")


def _title(new: NewDocument, text: DocumentText) -> str:
    heading = next((section.heading for section in text.sections if section.heading), "")
    name = posixpath.basename(new.source.replace("\\", "/").rstrip("/"))
    return (new.title or text.title or heading or name or "untitled").strip()[:_LONGEST_TITLE]


def _passages(title: str, text: DocumentText) -> list[NewPassage]:
    return [_passage(title, cut) for cut in cut_passages(text.sections)]


def _passage(title: str, cut: CutPassage) -> NewPassage:
    head = title if cut.heading in ("", title) else f"{title} - {cut.heading}"
    whole = f"{head}\n{cut.text}"
    # The heading speaks for every passage under it, also where the passage does not repeat its words.
    return NewPassage(cut.text, cut.page, terms_of(whole), whole, language_of(cut.text))
