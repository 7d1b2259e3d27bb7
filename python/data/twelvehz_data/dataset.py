"""A corpus as a map-style data set: `dataset[i]`, in any order, in any number of processes."""

from __future__ import annotations

import hashlib
import operator
import os
from array import array
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, SupportsIndex

import numpy as np
import numpy.typing as npt

from .errors import CorpusError
from .info import HF_STATE, CorpusInfo, check_hf_state, parse_info
from .shards import Codes, Shard
from .store import FolderStore, open_store, read_manifest

if TYPE_CHECKING:
    import pyarrow.fs as pafs

Clip = dict[str, Any]
"""A row: "codes" is `[T, K]` int16, the other fields are Python values, None where there is none."""

_MOST_OPEN = 4096
_CHECKSUM = "crc32c"


class TokenDataset:
    """The clips of a corpus that `twelvehz tokenize` wrote: a folder, or an address that pyarrow
    opens, such as `s3://bucket/corpus`.

    Codes are int16 views of memory-mapped files: nothing is loaded, converted or copied, and all
    workers of a machine share the pages. Give it to `torch.utils.data.DataLoader` with `collate`.
    A pickle holds no data, so that it also goes to workers that are spawned.

    Args:
        path: the folder, or the address.
        columns: the columns of a clip, in this order; default all but the checksum. Fewer are
            faster: `("codes",)` or `("id", "codes", "text")`.
        model: the name or the id of the model whose codes are wanted.
        verify: read everything once and compare checksums (`verify()`); without, rows of a local
            folder are given as they are there.
        filesystem: a pyarrow filesystem, for a `path` inside it: own keys, own endpoint.
        cache_dir: where shards from afar are kept; default `$TWELVEHZ_CACHE`, else
            `twelvehz/corpora` in the user's cache.
        cache_bytes: how large that may grow; default without a limit.

    Raises CorpusError: "not-found", "not-a-corpus", "unsupported", "damaged", "model-mismatch",
    "io"; ValueError for a column that is not there.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        columns: Sequence[str] | None = None,
        model: str | None = None,
        verify: bool = False,
        filesystem: pafs.FileSystem | None = None,
        cache_dir: str | os.PathLike[str] | None = None,
        cache_bytes: int | None = None,
    ) -> None:
        self._store = open_store(path, filesystem, cache_dir, cache_bytes)
        where = self._store.address
        self.info: CorpusInfo = parse_info(read_manifest(self._store), f"{where}/twelvehz.json")
        check_hf_state(self._store.read(HF_STATE), self.info, f"{where}/{HF_STATE}")
        _check_model(self.info, model, where)
        largest = max((shard.bytes for shard in self.info.shards), default=1)
        self._most_open = _MOST_OPEN if cache_bytes is None else max(1, cache_bytes // largest)
        self._open: OrderedDict[int, Shard] = OrderedDict()
        self._starts = array("q", [0])
        for shard in self.info.shards:
            self._starts.append(self._starts[-1] + shard.clips)
        if isinstance(self._store, FolderStore):
            for shard in self.info.shards:
                self._store.local(shard)
        if isinstance(columns, str):
            raise TypeError(f"columns is the string {columns!r}, a sequence of names wanted: ({columns!r},)")
        self._wanted = columns if columns is None else tuple(columns)
        self._columns: tuple[str, ...] | None = None
        if isinstance(self._store, FolderStore):
            self._columns = self.columns
        self._frames: npt.NDArray[np.int32] | None = None
        if verify:
            self.verify()

    def __len__(self) -> int:
        return self.info.clips

    def __getitem__(self, index: SupportsIndex) -> Clip:
        """A clip as a dict of its columns; negative indices count from the end.

        Raises IndexError beyond the ends, CorpusError where a shard cannot be read."""
        shard, row = self._place(index)
        if self._columns is None:
            self._columns = self._chosen(shard.columns)
        return shard.row(row, self._columns)

    def __getitems__(self, indices: Iterable[SupportsIndex]) -> list[Clip]:
        """Several clips; DataLoader fetches a batch by it."""
        return [self[index] for index in indices]

    def __iter__(self) -> Iterator[Clip]:
        return (self[index] for index in range(len(self)))

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_open": OrderedDict(), "_frames": None}

    def __repr__(self) -> str:
        info = self.info
        return (
            f"TokenDataset({self._store.address!r}: {info.clips} clips, {info.seconds / 3600:.2f} h, "
            f"{info.layers} layers of {info.model_name})"
        )

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns of a clip."""
        if self._columns is None:
            self._columns = self._chosen(self._shard(0).columns) if self.info.shards else self._wanted or ()
        return self._columns

    def codes(self, index: SupportsIndex) -> Codes:
        """The codes of a clip alone, `[T, K]` int16, a view that cannot be written."""
        shard, row = self._place(index)
        return shard.codes(row)

    @property
    def frames(self) -> npt.NDArray[np.int32]:
        """The length of every clip in frames, `[clips]`: what `length_bucket_sampler` wants. Read
        once, 4 bytes a clip; brings all shards into the cache where they are not local."""
        if self._frames is None:
            parts = [self._shard(at).column("frames").to_numpy() for at in range(len(self.info.shards))]
            joined = np.concatenate([np.zeros(0, np.int32), *parts]).astype(np.int32)
            joined.flags.writeable = False
            self._frames = joined
        return self._frames

    def shard_sizes(self) -> list[int]:
        """Clips of each shard, in order."""
        return [shard.clips for shard in self.info.shards]

    def verify(self) -> None:
        """Reads every shard whole and compares its SHA-256, and that each code is below the size
        of the codebook. `twelvehz corpus verify` also says which clip a flipped byte is in.

        Raises CorpusError "damaged" for the first that does not fit."""
        for at, shard in enumerate(self.info.shards):
            path = self._store.local(shard)
            digest = _sha256(path)
            if digest != shard.sha256:
                raise CorpusError(
                    "damaged",
                    f"The shard {path} has the SHA-256 {digest}, {shard.sha256} wanted; "
                    "twelvehz corpus verify names the clips, copy the shard again",
                )
            self._shard(at).check_range(self.info.codebook_size)

    def to_hf(self) -> Any:
        """The corpus as a `datasets.Dataset` of Hugging Face over the same mapped files, nothing
        copied. Its `with_format("torch")` makes int64 of the codes, four times their size.

        Raises CorpusError "missing-package" without `datasets`."""
        try:
            import datasets
        except ImportError as error:
            raise CorpusError("missing-package", "to_hf() needs the package datasets; pip install datasets") from error
        parts = [datasets.Dataset.from_file(self._store.local(shard)) for shard in self.info.shards]
        return datasets.concatenate_datasets(parts) if parts else datasets.Dataset.from_dict({})

    def _chosen(self, there: Sequence[str]) -> tuple[str, ...]:
        if self._wanted is None:
            return tuple(name for name in there if name != _CHECKSUM)
        for name in self._wanted:
            if name not in there:
                raise ValueError(f"There is no column {name!r}; there are {', '.join(there)}")
        return self._wanted

    def _place(self, index: SupportsIndex) -> tuple[Shard, int]:
        try:
            at = operator.index(index)
        except TypeError as error:
            raise TypeError(f"A clip is asked for by {index!r}, an integer wanted; [dataset[i] for i in ...] gives several") from error
        clips = self.info.clips
        row = at + clips if at < 0 else at
        if not 0 <= row < clips:
            raise IndexError(f"There is no clip {at}: the corpus has {clips}")
        number = bisect_right(self._starts, row) - 1
        return self._shard(number), row - self._starts[number]

    def _shard(self, number: int) -> Shard:
        shard = self._open.get(number)
        if shard is None:
            info = self.info.shards[number]
            shard = Shard(self._store.local(info), info, self.info.layers)
            self._open[number] = shard
            while len(self._open) > self._most_open:
                self._open.popitem(last=False)
        return shard


def _check_model(info: CorpusInfo, wanted: str | None, where: str) -> None:
    if wanted is not None and wanted not in (info.model_name, info.model_id):
        raise CorpusError(
            "model-mismatch",
            f"{where} has codes of {info.model_name} ({info.model_id}), {wanted} wanted; "
            "codes mean nothing to another model: tokenize the speech with that one",
        )


def _sha256(path: str) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()
