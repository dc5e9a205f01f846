"""How threads of the numeric libraries wait for each other; to be said before such a library is loaded."""

import os

# By default they spin for milliseconds, so that one thread pushed off its core by another process holds up all of them
# at each of hundreds of barriers a token: 100 times slower on two busy cores. This is about 10 microseconds.
_SPINS = "1000"


def spin_briefly() -> None:
    """Lets waiting OpenMP threads sleep soon; what the environment already says stays."""
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", _SPINS)
