"""Picks the real parts: the configured models behind the servicer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from toolmesh.inference.v1 import inference_service_pb2_grpc
from toolmesh_core.service import Service
from toolmesh_inference.adapters.configured_models import configured_models
from toolmesh_inference.adapters.model_sources import embedding_source, text_source
from toolmesh_inference.api.inference_servicer import InferenceServicer
from toolmesh_inference.app.model_catalog import ModelCatalog
from toolmesh_inference.settings import InferenceSettings


@asynccontextmanager
async def bootstrap(settings: InferenceSettings) -> AsyncIterator[Service]:
    """The service with its default models loaded; the others load at their first use."""
    text, embedding = await asyncio.to_thread(configured_models, settings)
    catalog = ModelCatalog(
        [await text_source(model) for model in text],
        [embedding_source(model) for model in embedding],
        settings.max_queued_requests,
    )
    try:
        await catalog.open_defaults()
        servicer = InferenceServicer(catalog)
        yield Service(registrations=[(inference_service_pb2_grpc.add_InferenceServiceServicer_to_server, servicer)])
    finally:
        await catalog.close()
