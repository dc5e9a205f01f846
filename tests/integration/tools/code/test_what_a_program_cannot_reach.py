"""Escape attempts, each really made inside the sandbox: network, host, other processes, the kernel."""

import json
import os
import platform
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from toolmesh_tool_code.adapters.sandbox_process import Launch
from toolmesh_tool_code.adapters.session import Session

from .conftest import open_one, run, value

TRY = """
def attempt(function, *args):
    "What the system says: an error's name, or the result."
    import errno
    try:
        return repr(function(*args))
    except OSError as error:
        return errno.errorcode[error.errno]

def call(name_or_number, *args):
    import ctypes, errno
    libc = ctypes.CDLL(None, use_errno=True)
    function = libc.syscall if isinstance(name_or_number, int) else getattr(libc, name_or_number)
    numbers = (name_or_number, *args) if isinstance(name_or_number, int) else args
    result = function(*(ctypes.c_long(n) if isinstance(n, int) else n for n in numbers))
    return errno.errorcode[ctypes.get_errno()] if result == -1 else f"gave {result}"
"""


@pytest_asyncio.fixture
async def armed(session: Session) -> AsyncIterator[Session]:
    """A session that knows how to make attempts."""
    await value(session, TRY)
    yield session


async def attempts(session: Session, code: str) -> dict[str, str]:
    """What came of a program that prints a JSON object of its attempts."""
    outcome = await run(session, f"import json, os, socket\n{code}")
    assert outcome.answer is not None, (outcome.ended, outcome.stderr)
    assert outcome.answer.error is None, outcome.answer.error
    found: dict[str, str] = json.loads(outcome.stdout)
    return found


REFUSED = {"EPERM", "EACCES", "ENOSYS", "EROFS", "ENOENT", "ESRCH", "EINVAL", "EIO", "ENOTDIR", "ENXIO"}


def test_the_list_of_refusals_has_no_success() -> None:
    assert not any(word.startswith(("gave", "<", "[", "'")) for word in REFUSED)


async def test_no_socket_of_a_network_can_be_made(armed: Session) -> None:
    found = await attempts(
        armed,
        """
families = {name: getattr(socket, name) for name in dir(socket) if name.startswith("AF_") and name != "AF_UNIX"}
kinds = (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW)
said = [attempt(socket.socket, family, kind) for family in families.values() for kind in kinds]
print(json.dumps({word: said.count(word) for word in said}))
""",
    )
    assert sum(int(count) for count in found.values()) > 20
    assert set(found) <= REFUSED


async def test_there_is_no_network_device_but_loopback_and_no_socket_of_the_host(armed: Session) -> None:
    assert await value(armed, "[line.split(':')[0].strip() for line in open('/proc/net/dev')][2:]") == "['lo']"
    assert (
        await value(armed, "len(open('/proc/net/unix').readlines()), len(open('/proc/net/tcp').readlines())")
        == "(1, 1)"
    )


async def test_only_its_own_processes_can_be_seen(armed: Session) -> None:
    code = "import os\nsorted(int(name) for name in os.listdir('/proc') if name.isdigit())"
    assert await value(armed, code) == "[1, 2]"


async def test_no_process_outside_can_be_signalled(armed: Session) -> None:
    found = await attempts(
        armed, f"print(json.dumps([attempt(os.kill, {os.getpid()}, 9), attempt(os.kill, os.getppid(), 9)]))"
    )
    assert found[0] == "ESRCH"
    # The first process of the sandbox does not die of its own children's signals.
    assert await value(armed, "1 + 1") == "2"


async def test_signals_to_all_that_can_be_reached_end_only_the_session(launch: Launch) -> None:
    first, other = await open_one(launch), await open_one(launch)
    outcome = await run(first, "import os\ntry: os.kill(-1, 9)\nexcept OSError: pass\nos.kill(0, 9)")
    assert "SIGKILL" in outcome.ended
    assert await value(other, "1 + 1") == "2"
    await other.end("")


async def test_secrets_of_the_environment_are_not_there(launch: Launch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLMESH_API_KEY", "hunter2-of-the-host")
    session = await open_one(launch)
    code = """
import glob, os
found = [str(dict(os.environ))]
for path in glob.glob("/proc/*/environ") + glob.glob("/proc/*/task/*/environ") + glob.glob("/proc/*/cmdline"):
    try: found.append(open(path).read())
    except OSError: pass
("hunter2" in "".join(found), "TOOLMESH" in "".join(found))
"""
    assert await value(session, code) == "(False, False)"
    await session.end("")


async def test_files_of_the_host_are_not_there(armed: Session, tmp_path: Path) -> None:
    secret = tmp_path / "platform.db"
    secret.write_text("secret of the data folder")
    tree = Path(__file__).parents[4]
    wanted = [
        "/etc/shadow",
        "/etc/passwd",
        "/root/.ssh",
        "/home",
        "/var",
        "/sys",
        "/mnt",
        "/boot",
        "/run/user",
        "/dev/mem",
    ]
    wanted += ["/dev/sda", "/dev/vda", "/dev/tty", "/dev/ptmx", "/dev/zero", "/dev/kmsg", "/.dockerenv"]
    wanted += [str(secret), str(tree / "pyproject.toml"), str(Path.home() / ".bashrc"), str(tree / ".git")]
    found = await attempts(armed, f"print(json.dumps({{path: attempt(os.stat, path) for path in {wanted}}}))")
    assert set(found.values()) == {"ENOENT"}


async def test_proc_leads_nowhere(armed: Session) -> None:
    found = await attempts(
        armed,
        """
print(json.dumps({
    "shadow": attempt(open, "/proc/1/root/etc/shadow"),
    "upwards": attempt(open, "/proc/self/root/../../../etc/shadow"),
    "cwd": attempt(open, "/proc/1/cwd/etc/shadow"),
    "core_pattern": attempt(open, "/proc/sys/kernel/core_pattern", "w"),
    "hostname": attempt(open, "/proc/sys/kernel/hostname", "w"),
    "namespaces": attempt(open, "/proc/sys/user/max_user_namespaces", "w"),
    "sysrq": attempt(open, "/proc/sysrq-trigger", "w"),
    "uid_map": attempt(lambda: open("/proc/self/uid_map", "w", 1).write("0 0 1\\n")),
    "oom": attempt(lambda: open("/proc/self/oom_score_adj", "w", 1).write("-1000\\n")),
}))
""",
    )
    assert set(found.values()) <= REFUSED, found
    hidden = ("cmdline", "kallsyms", "kcore", "keys", "timer_list")
    found = await attempts(armed, f"print(json.dumps({{n: attempt(open, '/proc/' + n) for n in {hidden}}}))")
    assert set(found.values()) <= REFUSED, found


async def test_bubblewraps_own_process_cannot_be_touched(armed: Session) -> None:
    """It has no limits, and with a user namespace it runs as the same user."""
    assert await value(armed, "import os\nos.listdir('/proc/1')") == "[]"
    found = await attempts(
        armed,
        """
print(json.dumps({name: attempt(open, path, "r+b", 0) for name, path in {
    "memory": "/proc/1/mem", "thread": "/proc/1/task/1/mem", "by self": "/proc/self/../1/mem", "maps": "/proc/1/maps",
    "descriptor": "/proc/1/fd/1",
}.items()} | {"signal": attempt(os.kill, 1, 9), "new proc": call("mount", b"p", b"/tmp", b"proc", 0, 0)}))
""",
    )
    assert found.pop("signal") in {"None", "EPERM"}
    assert set(found.values()) <= REFUSED, found
    assert await value(armed, "1 + 1") == "2"


async def test_nothing_of_the_system_can_be_written(armed: Session) -> None:
    found = await attempts(
        armed,
        """
import sys
roots = ["/", "/usr", "/usr/bin", "/bin", "/lib", "/etc", "/run", "/run/toolmesh", "/dev", "/proc", "/proc/self",
         "/run/toolmesh/toolmesh_sandboxed", sys.prefix, sys.base_prefix, os.path.dirname(os.__file__), *sys.path[:-1]]
tries = {f"make {root}": attempt(open, os.path.join(root, "x"), "w") for root in roots}
tries |= {f"change {path}": attempt(open, path, "r+") for path in (os.__file__, "/usr/bin/env", "/etc/ld.so.cache")}
tries |= {f"remove {path}": attempt(os.unlink, path) for path in (os.__file__, "/usr/bin/env", "/bin", "/dev/null")}
tries |= {f"mode {path}": attempt(os.chmod, path, 0o777) for path in ("/", "/usr", "/etc", "/dev", os.__file__)}
tries |= {f"rename {path}": attempt(os.rename, path, path + "2") for path in ("/tmp", "/usr", "/dev/shm")}
print(json.dumps(tries))
""",
    )
    assert len(found) > 25
    assert set(found.values()) <= REFUSED | {"EBUSY"}, found


async def test_the_kernel_refuses_what_could_lead_out(armed: Session) -> None:
    new_user, new_mounts = 0x10000000, 0x00020000
    found = await attempts(
        armed,
        f"""
print(json.dumps({{
    "ptrace": call("ptrace", 16, 1, 0, 0), "trace me": call("ptrace", 0, 0, 0, 0),
    "write memory": call("process_vm_writev", 1, 0, 0, 0, 0, 0),
    "read memory": call("process_vm_readv", 1, 0, 0, 0, 0, 0),
    "mount": call("mount", b"none", b"/tmp", b"tmpfs", 0, 0), "umount": call("umount2", b"/usr", 2),
    "chroot": call("chroot", b"/tmp"), "unshare user": call("unshare", {new_user}),
    "unshare mounts": call("unshare", {new_mounts}), "setns": call("setns", 0, 0),
    "root": call("setuid", 0), "root again": call("setresuid", 0, 0, 0), "groups": call("setgroups", 0, 0),
    "owner": call("chown", b"/tmp/work", 0, 0), "device": call("mknod", b"/tmp/work/d", 0o60660, 0x800),
    "hostname": call("sethostname", b"x", 1), "shared memory": call("shmget", 0, 4096, 0o1600),
    "anonymous file": call("memfd_create", b"x", 0), "tty input": call("ioctl", 0, 0x5412, b"x"),
    "tty input, high bits": call("ioctl", 0, 0x100005412, b"x"),
    "dumpable": call("prctl", 4, 0, 0, 0, 0), "subreaper": call("prctl", 36, 1, 0, 0, 0),
    "death signal": call("prctl", 1, 0, 0, 0, 0), "ambient": call("prctl", 47, 2, 7, 0, 0),
    "personality": call("personality", 0x40000), "reboot": call("reboot", 0), "swap": call("swapoff", b"/x"),
}}))
""",
    )
    assert set(found.values()) <= REFUSED, found


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the numbers are those of x86_64")
async def test_dangerous_calls_without_a_function_in_the_c_library_are_refused(armed: Session) -> None:
    numbers = {
        "keyctl": 250,
        "bpf": 321,
        "perf_event_open": 298,
        "userfaultfd": 323,
        "io_uring_setup": 425,
        "clone3": 435,
    }
    numbers |= {"open_by_handle_at": 304, "pidfd_open": 434, "fsopen": 430, "open_tree": 428, "move_mount": 429}
    numbers |= {"process_madvise": 440, "kexec_load": 246, "init_module": 175, "acct": 163, "seccomp": 317}
    found = await attempts(
        armed, f"print(json.dumps({{name: call(number, 0, 0, 0, 0, 0) for name, number in {numbers}.items()}}))"
    )
    assert set(found.values()) <= REFUSED, found


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the machine code is that of x86_64")
@pytest.mark.parametrize(
    "code", [b"\xb8\x14\x00\x00\x00\xcd\x80\xc3", b"\xb8\x27\x00\x00\x40\x0f\x05\xc3"], ids=["int80", "x32"]
)
async def test_calls_by_another_convention_do_not_slip_through(session: Session, code: bytes) -> None:
    """getpid as a 32-bit call, and as one of x32, of which the filter knows no numbers."""
    outcome = await run(
        session,
        f"""
import ctypes, mmap
page = mmap.mmap(-1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
page.write({code!r})
ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
""",
    )
    refused_by_number = outcome.answer is not None and outcome.answer.value == "-38"
    assert "SIGSYS" in outcome.ended or "SIGSEGV" in outcome.ended or refused_by_number, outcome


async def test_programs_that_become_root_do_not(armed: Session) -> None:
    code = """
import subprocess
[subprocess.run(command, shell=True, capture_output=True, text=True).stdout.strip()
 for command in ("su root -c 'id -u' </dev/null", "id -u | grep -x 0", "sudo -n id -u", "newgrp root </dev/null")]
"""
    assert await value(armed, code) == "['', '', '', '']"


async def test_a_sandbox_in_the_sandbox_gives_no_more_rights(armed: Session) -> None:
    code = (
        "import subprocess\nsubprocess.run(['bwrap', '--bind', '/', '/', 'true'], capture_output=True).returncode != 0"
    )
    assert await value(armed, code) == "True"


async def test_links_out_lead_to_nothing(session: Session, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("of the host")
    outcome = await run(
        session,
        f"""
import os
os.symlink("/etc/shadow", "shadow"); os.symlink({str(tmp_path / "secret")!r}, "secret")
os.symlink("/proc/self/root", "root"); os.symlink("/dev/urandom", "random")
[os.path.exists(name) for name in ("shadow", "secret", "root/etc/shadow")]
""",
        return_files=["shadow", "secret", "root/etc/shadow", "random", "missing"],
    )
    assert outcome.answer is not None
    assert outcome.answer.value == "[False, False, False]"
    assert outcome.answer.files == []
    assert len(outcome.answer.notes) == 5


async def test_one_session_does_not_see_another_ones_files_or_processes(launch: Launch) -> None:
    first, second = await open_one(launch), await open_one(launch)
    await run(first, "open('/tmp/work/mine', 'w').write('x'); open('/tmp/mine', 'w').write('x')")
    assert await value(second, "import glob\nglob.glob('/tmp/**/mine', recursive=True)") == "[]"
    assert await value(second, "import os\nlen([n for n in os.listdir('/proc') if n.isdigit()])") == "2"
    for session in (first, second):
        await session.end("")


async def test_nothing_stays_on_the_host(launch: Launch) -> None:
    places = (Path("/tmp"), Path("/dev/shm"), Path("/var/tmp"))
    session = await open_one(launch)
    await run(
        session,
        """
for place in ("/tmp", "/tmp/work", "/dev/shm", "/var/tmp"):
    try: open(place + "/left-by-a-hostile-program", "w").write("x")
    except OSError: pass
""",
    )
    assert [place for place in places if (place / "left-by-a-hostile-program").exists()] == []
    await session.end("")
    second = await open_one(launch)
    look = "import os\n'left-by-a-hostile-program' in os.listdir('/tmp') + os.listdir('/dev/shm/')"
    assert await value(second, look) == "False"
    await second.end("")
