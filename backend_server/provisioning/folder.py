"""The folder of provisioned files: ours are swapped and removed whole, foreign ones left alone and reported."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from backend_server.errors import ProvisioningError
from backend_server.primitives.ids import PACKS, PROVIDERS, is_our_file, provider_of
from backend_server.reconcile.model import FolderSurvey, SwapReport

from .survey import FolderSurveyor, verified
from .swap import DIRECTORY_MODE, Flusher, remove_files, swap_files, sweep_temporaries

MOST_PER_PROVIDER = 900  # Grafana 12.4 knows at most 1000 files of a provider; beyond, it misses removals


class FileRefused(ProvisioningError):
    """One file was refused: not ours, too many in its provider, or the disk said no."""


class DashboardFolder:
    """DASHBOARDS_DIR. `most_per_provider` is Grafana's bound, None where no Grafana reads the folder."""

    def __init__(self, root: Path, *, most_per_provider: int | None = MOST_PER_PROVIDER) -> None:
        self.root = root
        self._root = str(root)
        self.flusher = Flusher()
        self._most = most_per_provider
        self._surveyor = FolderSurveyor(root)

    def prepare(self) -> None:
        """Ensure that all provider directories exist and are readable, and sweep what a killed process left behind.

        A missing directory ends Grafana's reload for those after it, an unreadable one keeps it from starting.
        """
        for directory in (self.root, *(self.root / provider for provider in PROVIDERS)):
            _ensure_directory(directory)
        for directory in _directories(self.root):
            try:
                sweep_temporaries(str(directory))
            except OSError as fault:
                raise ProvisioningError(f"{directory} cannot be read: {fault.strerror}. Check its owner.") from fault

    def swap(self, file: str, body: bytes, *, known: bool = False) -> bool:
        """Swap in one file; False when its bytes were there already (then nothing is touched). Raises FileRefused."""
        report = self.swap_all({file: body}, known={file} if known else ())
        for refusal in report.refused.values():
            raise refusal
        return file in report.written

    def swap_all(self, bodies: Mapping[str, bytes], *, known: Collection[str] = ()) -> SwapReport:
        """Swap in a batch as one group; files in `known` are ours by our own record, others by the stamp they carry."""
        refused: dict[str, FileRefused] = {}
        changed: dict[str, bytes] = {}
        unchanged = set()
        counts: Counter[str] | None = None
        for file, body in bodies.items():
            try:
                present = self._own_content(file, known)
                if present == body:
                    unchanged.add(file)
                    continue
                if present is None:
                    counts = self._surveyor.counts() if counts is None else counts
                    self._check_room(file, counts)
                changed[file] = body
            except FileRefused as refusal:
                refused[file] = refusal
        written = self._swap_group(changed, refused)
        self._surveyor.wrote(written)
        return SwapReport(frozenset(written), frozenset(unchanged), refused)

    def remove_all(self, files: Collection[str], *, known: Collection[str] = ()) -> frozenset[str]:
        """Remove files of ours and flush each directory once; returns those that were there. Raises FileRefused."""
        paths = {self._path(file): file for file in files if self._own_content(file, known) is not None}
        try:
            removed = remove_files(paths, self.flusher)
        except OSError as fault:
            raise FileRefused(f"Files below {self.root} cannot be removed: {fault.strerror}.") from fault
        for file in files:
            self._surveyor.forget(file)
        return frozenset(paths[path] for path in removed)

    def content(self, file: str) -> bytes | None:
        """Read one file, None when there is none; raises ProvisioningError when the disk refuses."""
        try:
            return _read(self._path(file))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as fault:
            raise FileRefused(f"{file} cannot be read: {fault.strerror}. Check its owner and mode.") from fault

    def survey(self) -> FolderSurvey:
        """Survey every file Grafana would read."""
        return self._surveyor.survey()

    def changed(self) -> Mapping[str, str | None]:
        """Return the files that were changed, added or removed by others since they were last looked at.

        A file of ours comes with its true content hash, "" for a damaged one; any other, and a missing one, with None.
        """
        return self._surveyor.changed()

    def _own_content(self, file: str, known: Collection[str]) -> bytes | None:
        content = self.content(file)
        if content is not None and file not in known and verified(content) is None:
            raise FileRefused(
                f"{file} exists and is not one of ours; it was left alone. Move it out of {self.root}, then try again.",
                details={"file": file},
            )
        return content

    def _check_room(self, file: str, counts: Counter[str]) -> None:
        provider = provider_of(file)
        if self._most is not None and counts[provider] >= self._most:
            raise FileRefused(
                f"{file} was not written: {provider} holds {counts[provider]} dashboards and Grafana reads at most "
                f"{self._most} of a provider reliably. Retire devices no longer needed, or run a second instance.",
                details={"file": file, "provider": provider, "most": self._most},
            )
        counts[provider] += 1

    def _swap_group(self, changed: Mapping[str, bytes], refused: dict[str, FileRefused]) -> set[str]:
        by_path = {self._path(file): body for file, body in changed.items()}
        try:
            for parent in {os.path.dirname(path) for path in by_path}:
                _ensure_directory(Path(parent))
            swap_files(by_path, self.flusher)
        except (OSError, ProvisioningError) as fault:
            if len(changed) == 1:
                (file,) = changed
                words = fault.strerror if isinstance(fault, OSError) else str(fault)
                refused[file] = FileRefused(f"{file} cannot be written: {words}.", details={"file": file})
                return set()
            # One bad file must not hold up the others: each gets its own try.
            return {file for file, body in changed.items() if self._swap_group({file: body}, refused)}
        return set(changed)

    def _path(self, file: str) -> str:
        if not is_our_file(file):
            raise FileRefused(f"{file[:200]!r} is not the name of a file of ours.", details={"file": file[:200]})
        return f"{self._root}/{file}"


def _directories(root: Path) -> Iterator[Path]:
    for provider in PROVIDERS:
        yield root / provider
    with os.scandir(root / PACKS) as entries:
        yield from (Path(entry.path) for entry in entries if entry.is_dir() and not entry.name.startswith("."))


def _read(path: str) -> bytes:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        parts = [os.read(handle, os.fstat(handle).st_size + 1)]
        while parts[-1]:
            parts.append(os.read(handle, 1 << 20))
    finally:
        os.close(handle)
    return b"".join(parts)


def _ensure_directory(directory: Path) -> None:
    try:
        directory.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
        mode = stat.S_IMODE(directory.stat().st_mode)
        if mode & 0o555 != 0o555:
            directory.chmod(mode | DIRECTORY_MODE)  # the umask, or someone, took Grafana's right to read
    except OSError as fault:
        raise ProvisioningError(
            f"{directory} cannot be made readable: {fault.strerror}. It must be a directory this service owns."
        ) from fault
