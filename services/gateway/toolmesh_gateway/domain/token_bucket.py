"""A token bucket: `rate_per_s` in the long run, `burst` at once. The clock is passed in."""

from dataclasses import dataclass


@dataclass(slots=True)
class TokenBucket:
    """One key's allowance. Times are seconds of any steady clock."""

    rate_per_s: float
    burst: int
    tokens: float
    updated: float

    @classmethod
    def full(cls, rate_per_s: float, burst: int, now: float) -> "TokenBucket":
        """A bucket nobody has taken from."""
        return cls(rate_per_s, burst, float(burst), now)

    def take(self, now: float) -> bool:
        """Takes one token; False where there is none."""
        self.tokens = min(float(self.burst), self.tokens + max(0.0, now - self.updated) * self.rate_per_s)
        self.updated = now
        if self.tokens < 1.0:
            return False
        self.tokens -= 1.0
        return True

    def wait_s(self) -> float:
        """Seconds until a token is there again, as of the last take."""
        return max(0.0, (1.0 - self.tokens) / self.rate_per_s)

    def full_in_s(self) -> float:
        """Seconds until the bucket is full again, as of the last take."""
        return (self.burst - self.tokens) / self.rate_per_s
