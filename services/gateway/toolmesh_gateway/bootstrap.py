"""Picks the gateway's real parts."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from toolmesh_core.channel import TlsFiles
from toolmesh_core.clock import SystemClock
from toolmesh_core.service import Service
from toolmesh_gateway.adapters.key_files import further_keys, main_key
from toolmesh_gateway.adapters.neighbours import connected
from toolmesh_gateway.api.faces.table import FaceLimits, faces_of
from toolmesh_gateway.api.http.application import Application
from toolmesh_gateway.api.http.cross_origin import CrossOrigin
from toolmesh_gateway.api.http.server import serving_http
from toolmesh_gateway.api.mcp.assembly import McpLimits
from toolmesh_gateway.api.passthrough import Passthrough
from toolmesh_gateway.app.authenticate import Authenticate
from toolmesh_gateway.app.limit_rate import LimitRate
from toolmesh_gateway.domain.api_key import ApiKey, KeyLimits, KeyRing, digest_of
from toolmesh_gateway.domain.keys_file import MAIN_KEY_NAME
from toolmesh_gateway.domain.methods import NEIGHBOUR_OF
from toolmesh_gateway.domain.routes import ROUTES
from toolmesh_gateway.domain.scopes import ADMIN
from toolmesh_gateway.settings import GatewaySettings

logger = logging.getLogger(__name__)


@asynccontextmanager
async def bootstrap(settings: GatewaySettings) -> AsyncIterator[Service]:
    """The gateway, serving HTTP and ready to serve gRPC."""
    authenticate = _authenticate(settings)
    limit_rate = LimitRate(SystemClock())
    async with connected(settings.addresses(), settings.ready_timeout_s, _neighbour_tls(settings)) as neighbours:
        limits = FaceLimits(
            settings.max_body_bytes,
            settings.max_document_bytes,
            settings.max_artifact_bytes,
            settings.sse_keepalive_s,
            McpLimits(settings.mcp_sessions_per_key, settings.mcp_session_idle_s, origins=settings.cors_origins),
        )
        faces = faces_of(neighbours, neighbours.check, lambda: application.is_draining, limits)
        application = Application(
            ROUTES,
            faces,
            authenticate,
            limit_rate,
            CrossOrigin(settings.cors_origins),
            log_requests=settings.access_log,
        )
        async with serving_http(
            application,
            settings.http_host,
            settings.http_port,
            keepalive_s=settings.http_keepalive_s,
            backlog=settings.http_backlog,
            drain_s=settings.drain_timeout_s,
            certificate=settings.tls_cert_file,
            private_key=settings.tls_key_file,
        ) as http:
            logger.info("serving HTTP", extra={"address": http.address})

            async def drain() -> None:
                application.drain()
                await http.stop()

            yield Service(
                generic_handlers=[Passthrough(neighbours, authenticate, limit_rate)],
                reflected=sorted(NEIGHBOUR_OF),
                background=[http.until_failed],
                on_drain=drain,
            )


def _neighbour_tls(settings: GatewaySettings) -> TlsFiles | None:
    if settings.neighbour_ca_file is None:
        return None
    return TlsFiles(settings.neighbour_ca_file, settings.neighbour_cert_file, settings.neighbour_key_file)


def _authenticate(settings: GatewaySettings) -> Authenticate:
    limits = KeyLimits(settings.rate_per_s, settings.rate_burst, settings.max_runs_per_key)
    given = settings.api_key.get_secret_value().strip() if settings.api_key else ""
    if not settings.keys_required:
        logger.warning("no API keys are asked for: everybody who reaches the gateway may do everything")
        return Authenticate(KeyRing([]), _owner(settings, "", limits))
    owner = _owner(settings, given or main_key(settings.key_path), limits)
    more = further_keys(settings.keys_file, limits) if settings.keys_file else []
    return Authenticate(KeyRing([*more, owner]))


def _owner(settings: GatewaySettings, key: str, limits: KeyLimits) -> ApiKey:
    return ApiKey(MAIN_KEY_NAME, settings.api_key_user, digest_of(key), frozenset((ADMIN,)), limits)
