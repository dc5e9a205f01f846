"""Picks the real parts."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from toolmesh.controller.v1 import controller_service_pb2_grpc as pb_grpc
from toolmesh_controller.adapters.grpc_inference import RETRY_METHODS, GrpcInference
from toolmesh_controller.api.controller_servicer import ControllerServicer
from toolmesh_controller.app.decide import Decide
from toolmesh_controller.settings import ControllerSettings
from toolmesh_core.channel import TlsFiles, connect
from toolmesh_core.ids import new_id
from toolmesh_core.service import Service


@asynccontextmanager
async def bootstrap(settings: ControllerSettings) -> AsyncIterator[Service]:
    channel = connect(
        settings.inference_address,
        default_timeout_s=settings.inference_timeout_s,
        retry_methods=RETRY_METHODS,
        tls=_tls(settings),
    )
    async with channel:
        inference = GrpcInference(channel, time.monotonic, settings.models_kept_s)
        decide = Decide(inference, new_id, settings.limits())
        servicer = ControllerServicer(decide, time.monotonic)
        yield Service(registrations=[(pb_grpc.add_ControllerServiceServicer_to_server, servicer)])


def _tls(settings: ControllerSettings) -> TlsFiles | None:
    if settings.tls_ca_file is None:
        return None
    return TlsFiles(settings.tls_ca_file, settings.tls_cert_file, settings.tls_key_file)
