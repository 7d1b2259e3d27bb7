"""Where the files of a corpus lie: a folder, or S3 (whatever pyarrow.fs opens) behind a cache of
whole shards on the local disk.

A shard in the cache has its SHA-256 as its name and gets that name when it is whole and right, so
any number of processes and corpora can share a cache, and what is in it needs no checking.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import pyarrow.fs as pafs

from .errors import CorpusError
from .info import MANIFEST, ShardInfo

_PIECE = 1 << 20
_TRIES = 5
_FIRST_WAIT_SECONDS = 0.2


class Store(Protocol):
    """The files of one corpus."""

    address: str

    def read(self, name: str) -> str:
        """A small file, whole; CorpusError "not-found" where there is none."""

    def local(self, shard: ShardInfo) -> str:
        """A path on this machine that has the shard, of the size that it should have."""


class FolderStore:
    """A folder on this machine."""

    def __init__(self, path: str) -> None:
        self.address = path

    def read(self, name: str) -> str:
        try:
            return Path(self.address, name).read_text("utf-8")
        except (FileNotFoundError, NotADirectoryError) as error:
            raise CorpusError("not-found", f"There is no {os.path.join(self.address, name)}") from error
        except (OSError, UnicodeDecodeError) as error:
            raise CorpusError("io", f"Cannot read {os.path.join(self.address, name)}: {error}") from error

    def local(self, shard: ShardInfo) -> str:
        path = os.path.join(self.address, shard.file)
        try:
            size = os.stat(path).st_size
        except OSError as error:
            raise CorpusError(
                "damaged", f"The shard {path} is missing ({error.strerror}); copy it from where the corpus was written"
            ) from error
        if size != shard.bytes:
            raise CorpusError(
                "damaged",
                f"The shard {path} has {size} bytes, {shard.bytes} wanted; copy it again from where the corpus was written",
            )
        return path


def default_cache() -> Path:
    """`$TWELVEHZ_CACHE`, else `twelvehz/corpora` in the user's folder for caches."""
    if named := os.environ.get("TWELVEHZ_CACHE"):
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "twelvehz" / "corpora"


class RemoteStore:
    """A prefix in a pyarrow filesystem. `cache_bytes`: shards that were not used for longest are
    removed where the cache would grow beyond it."""

    def __init__(
        self, filesystem: pafs.FileSystem, path: str, address: str, cache: Path, cache_bytes: int | None = None
    ) -> None:
        self.address = address
        self._filesystem = filesystem
        self._path = path.rstrip("/")
        self._cache = cache
        self._cache_bytes = cache_bytes
        self._pid = os.getpid()

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _pid=os.getpid())

    def read(self, name: str) -> str:
        def attempt() -> str:
            with self._filesystem.open_input_stream(f"{self._path}/{name}") as stream:
                return bytes(stream.read()).decode("utf-8")

        return str(self._patiently(name, attempt))

    def local(self, shard: ShardInfo) -> str:
        kept = self._cache / f"{shard.sha256}.arrow"
        if not kept.exists():
            self._fetch(shard, kept)
        os.utime(kept)
        return str(kept)

    def fetch_now(self, shard: ShardInfo, kept: Path) -> None:
        """Downloads a shard under its final name, unless another process has just done so."""
        with _locked(kept.with_suffix(".lock")):
            if kept.exists():
                return
            part = kept.with_suffix(f".part-{os.getpid()}")
            try:
                self._patiently(shard.file, lambda: self._download(shard, part))
                self._make_room(shard.bytes)
                os.replace(part, kept)
            finally:
                part.unlink(missing_ok=True)

    def _fetch(self, shard: ShardInfo, kept: Path) -> None:
        try:
            kept.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CorpusError("io", f"Cannot use {kept.parent} as a cache: {error}; name another as cache_dir") from error
        if os.getpid() == self._pid:
            self.fetch_now(shard, kept)
            return
        # A forked worker: the threads of Arrow's S3 client stayed behind in the parent, and a call
        # would wait for them for ever. A process of its own has them.
        done = subprocess.run(
            [sys.executable, "-m", "twelvehz_data.fetch"],
            input=pickle.dumps((self, shard, kept)),
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            capture_output=True,
            check=False,
        )
        if done.returncode == 1:
            raise pickle.loads(done.stdout)
        if done.returncode != 0:
            told = done.stderr.decode(errors="replace").strip()
            raise CorpusError("io", f"The download of {shard.file} ended with status {done.returncode}: {told}")

    def _download(self, shard: ShardInfo, part: Path) -> None:
        digest, size = hashlib.sha256(), 0
        with self._filesystem.open_input_stream(f"{self._path}/{shard.file}") as stream, part.open("wb") as out:
            while piece := stream.read(_PIECE):
                digest.update(piece)
                size += len(piece)
                out.write(piece)
            out.flush()
            os.fsync(out.fileno())
        if size != shard.bytes or digest.hexdigest() != shard.sha256:
            raise _Wrong(f"{size} bytes with SHA-256 {digest.hexdigest()} came, {shard.bytes} with {shard.sha256} wanted")

    def _patiently(self, name: str, attempt: Callable[[], Any]) -> Any:
        where = f"{self.address}/{name}"
        for left in reversed(range(_TRIES)):
            try:
                return attempt()
            except FileNotFoundError as error:
                raise CorpusError("not-found", f"There is no {where}") from error
            except (OSError, _Wrong, UnicodeDecodeError) as error:
                if left == 0:
                    damaged = isinstance(error, _Wrong)
                    raise CorpusError(
                        "damaged" if damaged else "io", f"Cannot read {where} in {_TRIES} tries: {error}"
                    ) from error
            time.sleep(_FIRST_WAIT_SECONDS * 2 ** (_TRIES - 1 - left))
        raise AssertionError("unreachable")

    def _make_room(self, wanted: int) -> None:
        if self._cache_bytes is None:
            return
        kept = sorted(((path.stat().st_mtime, path.stat().st_size, path) for path in self._cache.glob("*.arrow")))
        used = sum(size for _, size, _ in kept)
        for _, size, path in kept:
            if used + wanted <= self._cache_bytes:
                return
            path.unlink(missing_ok=True)  # a process that has it mapped keeps it
            used -= size


class _Wrong(Exception):
    """What came is not what the corpus says."""


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One process at a time, where the system has such locks; without, the same bytes are loaded
    twice and the second rename changes nothing."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def open_store(
    path: str | os.PathLike[str],
    filesystem: pafs.FileSystem | None = None,
    cache_dir: str | os.PathLike[str] | None = None,
    cache_bytes: int | None = None,
) -> Store:
    """The store that a path or an address means.

    Raises CorpusError: "not-found" where a folder is not there, "unsupported" for an address that
    pyarrow cannot open.
    """
    address = os.fspath(path).rstrip("/") or "/"
    if filesystem is None and "://" not in address:
        if not os.path.isdir(address):
            raise CorpusError("not-found", f"There is no folder {address}; name the one that twelvehz tokenize wrote")
        return FolderStore(address)
    if filesystem is None:
        try:
            filesystem, inside = pafs.FileSystem.from_uri(address)
        except (OSError, ValueError) as error:
            shown = _without_secrets(address)
            reason = str(error).replace(address, shown)
            raise CorpusError(
                "unsupported", f"Cannot open {shown}: {reason}; name a folder, or an address like s3://bucket/corpus"
            ) from None
    else:
        inside = address
    if isinstance(filesystem, pafs.LocalFileSystem):
        return open_store(inside)
    cache = Path(cache_dir) if cache_dir is not None else default_cache()
    return RemoteStore(filesystem, inside, _without_secrets(address), cache, cache_bytes)


def _without_secrets(address: str) -> str:
    """An address for messages: without the query (endpoint, options) and without keys."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.hostname or ''}{parts.path}" if parts.scheme else address


def read_manifest(store: Store) -> str:
    """The text of `twelvehz.json`.

    Raises CorpusError "not-a-corpus" where it is missing."""
    try:
        return store.read(MANIFEST)
    except CorpusError as error:
        if error.code != "not-found":
            raise
        raise CorpusError(
            "not-a-corpus",
            f"{store.address} has no {MANIFEST}: not a corpus, or one that is not finished; "
            "run twelvehz tokenize to its end, or name another folder",
        ) from error
