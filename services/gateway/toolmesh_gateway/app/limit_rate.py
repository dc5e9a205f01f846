"""How often a key may ask."""

from toolmesh_core.errors import ResourceExhausted
from toolmesh_gateway.app.ports import SteadyClock
from toolmesh_gateway.domain.api_key import ApiKey
from toolmesh_gateway.domain.token_bucket import TokenBucket


class LimitRate:
    """One token bucket a key, in memory: a restart fills them all."""

    def __init__(self, clock: SteadyClock) -> None:
        self._clock = clock
        self._buckets: dict[str, TokenBucket] = {}

    def __call__(self, key: ApiKey) -> TokenBucket:
        """Takes one request from the key's bucket and returns the bucket.

        Raises:
            ResourceExhausted: the bucket is empty; says when to come again.
        """
        now = self._clock.monotonic()
        bucket = self.bucket_of(key)
        if not bucket.take(now):
            limits = key.limits
            raise ResourceExhausted(
                f"the key {key.name!r} may ask {limits.rate_per_s:g} times a second; wait {bucket.wait_s():.3f} s",
                reason="RATE_LIMITED",
                retry_after_s=bucket.wait_s(),
            )
        return bucket

    def bucket_of(self, key: ApiKey) -> TokenBucket:
        """The key's bucket as it is."""
        bucket = self._buckets.get(key.name)
        if bucket is None:
            limits = key.limits
            bucket = TokenBucket.full(limits.rate_per_s, limits.burst, self._clock.monotonic())
            self._buckets[key.name] = bucket
        return bucket
