"""The filter of system calls that bubblewrap loads: a list of what is allowed, made by libseccomp."""

import errno
from contextlib import suppress
from typing import IO, Any

from toolmesh_core.errors import Unavailable
from toolmesh_tool_code.adapters.allowed_syscalls import ALLOWED, BECOME_NOBODY, CONDITIONS, REFUSED


def write_filter(file: IO[bytes], *, becomes_nobody: bool) -> None:
    """Writes the filter as BPF, as `bwrap --seccomp` reads it.

    What is not on the list fails with ENOSYS, so that the C library takes another way where it has one.

    Args:
        becomes_nobody: the interpreter still has to leave root, which a user namespace else does for it.

    Raises:
        Unavailable: libseccomp is not there.
    """
    try:
        # Fails at import where the library is not there.
        import pyseccomp  # type: ignore[import-untyped]  # it has no stubs
    except (ImportError, RuntimeError, OSError) as error:
        raise Unavailable(f"libseccomp cannot be loaded ({error}): install libseccomp2") from error
    rules = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.ENOSYS))
    for name in ALLOWED | BECOME_NOBODY if becomes_nobody else ALLOWED:
        _add(rules, pyseccomp.ALLOW, name)
    for name, argument, mask, value in CONDITIONS:
        _add(rules, pyseccomp.ALLOW, name, pyseccomp.Arg(argument, pyseccomp.MASKED_EQ, mask, value))
    for name in REFUSED:
        _add(rules, pyseccomp.ERRNO(errno.EPERM), name)
    rules.export_bpf(file)


def _add(rules: Any, action: int, name: str, *conditions: Any) -> None:
    """Adds a rule; a name that this architecture or an older libseccomp does not know stays without one."""
    import pyseccomp

    with suppress(OSError, ValueError):
        number = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name)
        if number >= 0:
            rules.add_rule(action, number, *conditions)
