"""Python environments: the platform's packages below, a source's own requirements on top; one a set of requirements."""

import asyncio
import os
import shutil
import signal
import sys
import sysconfig
import venv
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from toolmesh_core.errors import FailedPrecondition
from toolmesh_tool_host.adapters.platform_packages import platform_versions
from toolmesh_tool_host.domain.requirements import environment_digest, needs_installing
from toolmesh_tool_host.domain.source import PythonSource

# What pip may know of the operator's: where packages come from.
_PASSED_ON = ("HOME", "LANG", "PATH", "SSL_CERT_FILE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
_READY = "ready"
_MOST_SAID = 2000


class PythonEnvironments:
    """Environments in a folder; one that has no file "ready" is half made."""

    def __init__(self, root: Path, install_timeout_s: float) -> None:
        self._root = root
        self._install_timeout_s = install_timeout_s
        self._making: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        # Held while others are removed, so that none is begun or found meanwhile.
        self._gate = asyncio.Lock()
        self._constraints = "\n".join(f"{name}=={version}" for name, version in platform_versions().items())

    def name_for(self, source: PythonSource) -> str:
        """A digest of the requirements, the Python and the platform's versions."""
        platform = f"{sys.version} {_platform_folders()}"
        if not needs_installing(source):
            return environment_digest(PythonSource(()), platform)
        return environment_digest(source, f"{platform} {self._constraints}")

    def python(self, name: str) -> Path:
        """The interpreter of an environment."""
        return self._root / name / "bin" / "python"

    def is_ready(self, name: str) -> bool:
        """Whether it is there."""
        return (self._root / name / _READY).exists()

    async def prepare(self, name: str, folder: Path) -> None:
        """Makes it where it is missing."""
        async with self._making[name]:
            async with self._gate:
                if self.is_ready(name):
                    return
            path = self._root / name
            try:
                await asyncio.to_thread(_make, path, self._constraints)
                if (folder / "requirements.txt").exists():
                    await self._install(path, folder)
                (path / _READY).touch()
            except BaseException:
                await asyncio.to_thread(shutil.rmtree, path, ignore_errors=True)
                raise

    async def keep_only(self, used: Callable[[], set[str] | None]) -> None:
        """Removes environments that nothing needs."""
        async with self._gate:
            kept = used()
            if kept is not None:
                await asyncio.to_thread(_remove_others, self._root, kept)

    async def _install(self, path: Path, folder: Path) -> None:
        """Runs the platform's pip on the environment, which has none of its own."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "pip", "--python", str(path / "bin" / "python"), "install"),
            *("--progress-bar", "off", "--disable-pip-version-check", "--no-input", "--no-warn-script-location"),
            *("--constraint", str(path / "constraints.txt"), "--requirement", "requirements.txt"),
            cwd=folder,
            env=_pip_environment(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(self._install_timeout_s):
                output, _ = await process.communicate()
        except TimeoutError as error:
            raise FailedPrecondition(
                f"requirements.txt was not installed within {self._install_timeout_s:g} s; name fewer or lighter "
                "packages, or ask the operator for more time",
                reason="INSTALL_TIMEOUT",
            ) from error
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
        if process.returncode:
            said = what_pip_said(output.decode("utf-8", "replace"))
            raise FailedPrecondition(f"requirements.txt was not installed: {said}", reason="INSTALL_FAILED")


def what_pip_said(output: str) -> str:
    """Pip's errors on one line, without its advice; the end of all it said where it names none."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ") and "http" not in line]
    conflicts = [line for line in lines if " depends on " in line or line.startswith("The user requested")]
    return "; ".join([*errors, *conflicts] or lines[-3:] or ["it said nothing"])[:_MOST_SAID]


def _make(path: Path, constraints: str) -> None:
    shutil.rmtree(path, ignore_errors=True)
    venv.EnvBuilder(symlinks=True, with_pip=False).create(path)
    own = Path(sysconfig.get_path("purelib", "venv", {"base": str(path), "platbase": str(path)}))
    # addsitedir, and not the folder's name alone, since the platform's packages may themselves be links in .pth files.
    lines = [f"import site; site.addsitedir({folder!r})" for folder in _platform_folders()]
    (own / "toolmesh_platform.pth").write_text("\n".join(lines) + "\n")
    (path / "constraints.txt").write_text(constraints + "\n")


def _platform_folders() -> list[str]:
    return sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})


def _remove_others(root: Path, kept: set[str]) -> None:
    if root.is_dir():
        for path in root.iterdir():
            if path.name not in kept:
                shutil.rmtree(path, ignore_errors=True)


def _pip_environment() -> dict[str, str]:
    passed = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    for name in _PASSED_ON:
        for variable in (name, name.lower()):
            if variable in os.environ:
                passed[variable] = os.environ[variable]
    return passed
