"""How the API server is reached: by a kube config, else by the pod's service account."""

from pathlib import Path

import kopf
from kubernetes.aio.client import Configuration
from kubernetes.aio.config import ConfigException, load_incluster_config, load_kube_config

from toolmesh_core.errors import Unavailable


class ClusterLogin:
    """Reads the credentials anew each time, since tokens are replaced on disk."""

    def __init__(self, kube_config: Path | None) -> None:
        self._kube_config = kube_config

    async def configuration(self) -> Configuration:
        """For the official client. Unavailable where there are no credentials."""
        configuration = Configuration()
        try:
            if self._kube_config is None:
                load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
            else:
                await load_kube_config(str(self._kube_config), client_configuration=configuration)  # type: ignore[no-untyped-call]
        except (ConfigException, OSError) as error:
            raise Unavailable(
                f"no way to a Kubernetes API: {error}; run in a pod with a service account, or set "
                "TOOLMESH_TOOL_OPERATOR_KUBE_CONFIG to a kube config file"
            ) from error
        return configuration

    async def connection(self) -> kopf.ConnectionInfo:
        """For kopf: the same."""
        known = await self.configuration()
        scheme, _, token = str(known.api_key.get("BearerToken", "")).partition(" ")
        return kopf.ConnectionInfo(
            server=known.host,
            ca_path=known.ssl_ca_cert,
            ca_data=known.ca_cert_data,
            insecure=not known.verify_ssl,
            scheme=scheme if token else None,
            token=token or None,
            certificate_path=known.cert_file,
            private_key_path=known.key_file,
        )
