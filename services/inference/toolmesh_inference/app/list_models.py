"""Lists what is served, a page at a time."""

from toolmesh_core.paging import decode_page_token, encode_page_token, page_size_of
from toolmesh_inference.app.model_catalog import ModelCatalog
from toolmesh_inference.domain.model_card import ModelCard


def list_models(catalog: ModelCatalog, page_size: int, page_token: str) -> tuple[list[tuple[ModelCard, bool]], str]:
    """Models with whether each is its task's default, ordered by id, and the next page's token."""
    size = page_size_of(page_size)
    after = "".join(str(part) for part in decode_page_token(page_token))
    rest = [pair for pair in catalog.cards() if pair[0].id > after]
    page = rest[:size]
    token = encode_page_token(page[-1][0].id) if len(rest) > size else ""
    return page, token
