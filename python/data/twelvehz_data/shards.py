"""One shard: an Arrow IPC stream, mapped into memory. Nothing is copied or converted: codes are
views of the file's pages, which all processes of a machine share."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .errors import CorpusError
from .info import ShardInfo

Codes = npt.NDArray[np.int16]


class Shard:
    """The rows of one file.

    Raises CorpusError "damaged" where it is no Arrow stream, is cut off, or has other columns or
    another number of rows than the corpus says.
    """

    def __init__(self, path: str, info: ShardInfo, layers: int) -> None:
        self._path = path
        try:
            with pa.memory_map(path) as file, pa.ipc.open_stream(file) as reader:
                _check_schema(reader.schema, layers, path)
                self._batches = [batch for batch in reader if batch.num_rows > 0]
            for batch in self._batches:
                batch.validate()
        except (OSError, pa.ArrowException) as error:
            raise CorpusError("damaged", f"The shard {path} is not a whole Arrow stream ({error}); copy it again") from error
        self._starts = array("q", [0])
        for batch in self._batches:
            self._starts.append(self._starts[-1] + batch.num_rows)
        if self._starts[-1] != info.clips:
            raise CorpusError(
                "damaged", f"The shard {path} has {self._starts[-1]} clips, {info.clips} wanted; copy it again"
            )
        self._codes = [_views(batch, layers, path) for batch in self._batches]

    @property
    def columns(self) -> list[str]:
        """Names of all columns."""
        return list(self._batches[0].schema.names) if self._batches else []

    def codes(self, row: int) -> Codes:
        """The codes `[T, K]` of a row, a view that cannot be written."""
        return self._codes_at(*self._place(row))

    def row(self, row: int, columns: Sequence[str]) -> dict[str, Any]:
        """The named columns of a row; "codes" as `codes()` gives them."""
        at, inside = self._place(row)
        batch = self._batches[at]
        return {
            name: self._codes_at(at, inside) if name == "codes" else batch.column(name)[inside].as_py()
            for name in columns
        }

    def _place(self, row: int) -> tuple[int, int]:
        """Which batch a row is in, and where in it."""
        at = bisect_right(self._starts, row) - 1
        return at, row - self._starts[at]

    def _codes_at(self, at: int, inside: int) -> Codes:
        values, offsets = self._codes[at]
        return values[offsets[inside] : offsets[inside + 1]]

    def check_range(self, codebook_size: int) -> None:
        """Raises CorpusError "damaged" for the first clip that has a code outside 0 to V - 1."""
        for at, (values, offsets) in enumerate(self._codes):
            wrong = np.flatnonzero((values < 0) | (values >= codebook_size))
            if len(wrong):
                row = int(np.searchsorted(offsets, wrong[0] // values.shape[1], side="right")) - 1
                name = self._batches[at].column("id")[row].as_py()
                raise CorpusError(
                    "damaged",
                    f"{self._path}: the clip {name!r} has the code {values.flat[wrong[0]]}, "
                    f"0 to {codebook_size - 1} wanted; write the corpus again",
                )

    def column(self, name: str) -> pa.ChunkedArray:
        """A whole column, without a copy."""
        return pa.chunked_array([batch.column(name) for batch in self._batches])


def _check_schema(schema: pa.Schema, layers: int, path: str) -> None:
    kind = schema.field("codes").type if "codes" in schema.names else None
    fits = (
        kind is not None
        and pa.types.is_list(kind)
        and pa.types.is_fixed_size_list(kind.value_type)
        and kind.value_type.list_size == layers
        and pa.types.is_int16(kind.value_type.value_type)
    )
    if not fits:
        raise CorpusError(
            "damaged",
            f'The shard {path} has the column "codes" as {kind}, list<fixed_size_list<int16>[{layers}]> wanted; '
            "write the corpus again",
        )


def _views(batch: pa.RecordBatch, layers: int, path: str) -> tuple[Codes, npt.NDArray[np.int32]]:
    """All codes of a batch `[frames, K]`, and where each row begins in them, with the end."""
    column = batch.column("codes")
    frames: pa.FixedSizeListArray = column.values
    values = frames.values.to_numpy(zero_copy_only=True).reshape(-1, layers)
    offsets = column.offsets.to_numpy(zero_copy_only=True)
    if column.null_count or offsets[0] < 0 or offsets[-1] > len(values) or bool(np.any(np.diff(offsets) < 0)):
        raise CorpusError("damaged", f"The shard {path} has codes whose offsets do not fit; copy it again")
    return values, offsets
