"""Deployments as folders: a manifest, the files of the version that serves, a log.

deployments/NAME/manifest.json  versions/N/  work/  log  log.1
"""

import asyncio
import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import ParamSpec, TypeVar

from toolmesh_core.errors import Internal, ResourceExhausted
from toolmesh_tool_host.domain.deployment import Deployment, ResourceLimits
from toolmesh_tool_host.domain.source import PythonSource, Source

P = ParamSpec("P")
T = TypeVar("T")
_MANIFEST = "manifest.json"
# Where the serialized source of an import is in its version's folder.
IMPORT_FILE = "source.binpb"


class FolderStore:
    """A DeploymentStore in a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def load(self) -> Sequence[Deployment]:
        """All deployments by name; folders without a manifest and versions that do not serve are removed."""
        return await _in_thread(self._load)

    async def save(self, deployment: Deployment) -> None:
        """Replaces the manifest in one step."""
        await _in_thread(self._save, deployment)

    async def delete(self, name: str) -> None:
        """Removes the whole folder; the manifest goes first, so that a rest is known as one."""
        await _in_thread(self._delete, name)

    async def write_version(self, name: str, version: int, source: Source) -> Path:
        """Writes beside the place, then moves there."""
        return await _in_thread(self._write_version, name, version, source)

    async def delete_version(self, name: str, version: int) -> None:
        """Removes a version's files; those that are missing are no error."""
        await _in_thread(_remove_tree, self._version_folder(name, version))

    def version_path(self, deployment: Deployment) -> Path:
        """The folder of Python files, or the file of an import."""
        folder = self._version_folder(deployment.name, deployment.version)
        return folder if deployment.kind == "python" else folder / IMPORT_FILE

    def folder(self, name: str) -> Path:
        """The folder of a deployment."""
        return self._root / name

    def _version_folder(self, name: str, version: int) -> Path:
        return self._root / name / "versions" / str(version)

    def _load(self) -> list[Deployment]:
        self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
        found = []
        for folder in sorted(self._root.iterdir()):
            manifest = folder / _MANIFEST
            if not manifest.is_file():
                _remove_tree(folder)
                continue
            deployment = _deployment_of(manifest)
            for version in (folder / "versions").iterdir():
                if version.name != str(deployment.version):
                    _remove_tree(version)
            found.append(deployment)
        return found

    def _save(self, deployment: Deployment) -> None:
        manifest = self.folder(deployment.name) / _MANIFEST
        new = manifest.with_suffix(".new")
        with new.open("w") as file:
            json.dump(asdict(deployment), file, indent=1, default=datetime.isoformat)
            file.flush()
            os.fsync(file.fileno())
        new.replace(manifest)

    def _delete(self, name: str) -> None:
        folder = self.folder(name)
        (folder / _MANIFEST).unlink(missing_ok=True)
        _remove_tree(folder)

    def _write_version(self, name: str, version: int, source: Source) -> Path:
        folder = self._version_folder(name, version)
        new = folder.with_name(f"{version}.new")
        for rest in (folder, new):
            _remove_tree(rest)
        new.mkdir(parents=True, mode=0o700)
        (self.folder(name) / "work").mkdir(exist_ok=True, mode=0o700)
        if isinstance(source, PythonSource):
            for file in source.files:
                path = new / file.path
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(file.content)
        else:
            (new / IMPORT_FILE).write_bytes(source.message)
        new.rename(folder)
        return folder if isinstance(source, PythonSource) else folder / IMPORT_FILE


async def _in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return await asyncio.to_thread(function, *args, **kwargs)
    except OSError as error:
        raise ResourceExhausted(
            f"the tool host cannot write its files: {error.strerror}; is the disk full, or not ours?",
            reason="CANNOT_WRITE",
        ) from error


def _remove_tree(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _deployment_of(manifest: Path) -> Deployment:
    try:
        raw = json.loads(manifest.read_text())
        times = {name: datetime.fromisoformat(raw[name]) for name in ("create_time", "update_time")}
        limits = ResourceLimits(**raw["limits"])
        return Deployment(**{**raw, **times, "limits": limits, "secrets": tuple(raw["secrets"])})
    except (ValueError, KeyError, TypeError) as error:
        raise Internal(f"{manifest} is not a manifest of this version of the host: {error}; move it away") from error
