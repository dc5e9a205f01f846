"""The platform itself: the models it serves and whether it is well."""

import httpx

from toolmesh_sdk.records.library import Model
from toolmesh_sdk.records.record import Page
from toolmesh_sdk.request import Request, get, read_page


def list_models() -> Request[Page[Model]]:
    """The models that are served."""
    return get("/v1/models", read_page(Model, "data"))


def ask_readiness() -> Request[bool]:
    """True where the gateway and its neighbours are ready; raises where they are not."""
    return Request("GET", "/readyz", _is_ready, timeout_s=5.0)


def _is_ready(response: httpx.Response) -> bool:
    return response.is_success
