"""Vectors from the inference service."""

from collections.abc import Sequence

import grpc
import numpy as np

from toolmesh.inference.v1 import inference_service_pb2, inference_service_pb2_grpc
from toolmesh_core.errors import Internal
from toolmesh_retriever.app.ports import Embeddings
from toolmesh_retriever.domain.embedded_line import TextKind

_KINDS = {
    TextKind.REQUEST: inference_service_pb2.EMBED_KIND_QUERY,
    TextKind.PASSAGE: inference_service_pb2.EMBED_KIND_PASSAGE,
}


class InferenceEmbedder:
    """Implements Embedder."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = inference_service_pb2_grpc.InferenceServiceStub(channel)

    async def embed(self, texts: Sequence[str], kind: TextKind, timeout_s: float) -> Embeddings:
        """Raises ToolMeshError: Unavailable or DeadlineExceeded where it cannot answer in time."""
        request = inference_service_pb2.EmbedRequest(texts=texts, kind=_KINDS[kind])
        response = await self._stub.Embed(request, timeout=timeout_s)
        vectors = np.frombuffer(b"".join(response.vectors), dtype="<f4")
        if len(vectors) != len(texts) * response.dimensions or not len(vectors):
            raise Internal(f"inference gave {len(response.vectors)} vectors for {len(texts)} texts; see its log")
        return Embeddings(response.model, vectors.reshape(len(texts), response.dimensions))
