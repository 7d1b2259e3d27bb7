"""Batches of clips of like length."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from .order import Permutation, key_of
from .stream import rank_of

_DEFAULT_BUCKETS = 32


class LengthBucketSampler:
    """What `length_bucket_sampler` gives: the `batch_sampler` of a DataLoader."""

    def __init__(
        self, rows: npt.NDArray[np.int64], sizes: list[tuple[int, int]], seed: int, rank: int, world_size: int
    ) -> None:
        self._rows = rows  # clips by length
        self._buckets = sizes  # (end in rows, clips of a batch)
        self._seed = seed
        self._rank = rank
        self._ranks = world_size
        self._epoch = 0
        self._resumed = (-1, 0)
        self._step = 0
        self._splits = _splits(sizes, world_size)

    def __len__(self) -> int:
        """Batches of an epoch, the same for every rank."""
        return (self._splits[0] + self._splits[1]) // self._ranks

    def __iter__(self) -> Iterator[list[int]]:
        batches = self._batches()
        self._step = self._resumed[1] if self._resumed[0] == self._epoch else 0
        while self._step < len(self):
            batch = batches[self._step * self._ranks + self._rank]
            self._step += 1
            yield batch.tolist()

    @property
    def epoch(self) -> int:
        """The epoch that is, or will be, iterated."""
        return self._epoch

    def set_epoch(self, epoch: int) -> None:
        """Chooses the epoch, from 0 on; before each `for batch in loader`."""
        if epoch < 0:
            raise ValueError(f"The epoch is {epoch}; 0 or more wanted")
        if epoch != self._epoch:
            self._step = 0
        self._epoch = epoch

    def state_at(self, step: int) -> dict[str, Any]:
        """The state after `step` batches of this epoch. A DataLoader with workers asks for batches
        ahead of the loop, so there it is the loop that counts."""
        if not 0 <= step <= len(self):
            raise ValueError(f"The step is {step}; 0 to {len(self)} wanted")
        return {"epoch": self._epoch, "step": step, "seed": self._seed, "steps": len(self), "ranks": self._ranks}

    def state_dict(self) -> dict[str, Any]:
        """Where this sampler is."""
        return self.state_at(self._step)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Goes on where `state` was, with the next iteration.

        Raises ValueError for the state of other clips, ranks, limits or another seed."""
        mine = self.state_at(0)
        for name in ("seed", "steps", "ranks"):
            if state.get(name) != mine[name]:
                raise ValueError(f"The state has {name} {state.get(name)!r}, {mine[name]!r} wanted: it belongs to another sampler")
        self._epoch, self._step = int(state["epoch"]), int(state["step"])
        self._resumed = (self._epoch, self._step)

    def _batches(self) -> list[npt.NDArray[np.int64]]:
        """All batches of the epoch, of all ranks, at random."""
        key = key_of(self._seed, self._epoch)
        batches: list[npt.NDArray[np.int64]] = []
        begin = 0
        for number, (end, size) in enumerate(self._buckets):
            order = Permutation(end - begin, key_of(key, number))(np.arange(end - begin, dtype=np.int64))
            rows = self._rows[begin:end][order]
            batches += [rows[at : at + size] for at in range(0, len(rows), size)]
            begin = end
        for _ in range(self._splits[1]):
            at = max(range(len(batches)), key=lambda one: len(batches[one]))
            half = len(batches[at]) // 2
            batches.append(batches[at][half:])
            batches[at] = batches[at][:half]
        shuffled = Permutation(len(batches), key)(np.arange(len(batches), dtype=np.int64))
        return [batches[at] for at in shuffled]


def length_bucket_sampler(
    lengths: npt.NDArray[np.integer[Any]],
    *,
    max_frames: int,
    max_clips: int | None = None,
    buckets: int = _DEFAULT_BUCKETS,
    longer: Literal["error", "drop"] = "error",
    seed: int = 0,
    rank: int | None = None,
    world_size: int | None = None,
) -> LengthBucketSampler:
    """A `batch_sampler` for a DataLoader over a `TokenDataset`: batches of clips of like length.

    Clips are sorted by length into `buckets` of equally many; batches are drawn within a bucket,
    and come in a random order. Every clip comes once an epoch, and all ranks take the same number
    of steps: where batches do not divide, the largest ones are halved. Holds 12 bytes a clip, in
    the process of the loop only.

    Args:
        lengths: `dataset.frames`.
        max_frames: the most frames of a batch, padding included: clips x longest clip.
        max_clips: the most clips of a batch; default as many as fit.
        buckets: more pad less and mix less.
        longer: what becomes of clips longer than `max_frames`: an error, or left out.
        seed: any integer.
        rank, world_size: as of `TokenStream`.

    Raises ValueError for options out of range, clips longer than `max_frames`, or more ranks than
    batches can be made for.
    """
    if max_frames < 1 or buckets < 1 or (max_clips is not None and max_clips < 1):
        raise ValueError(f"max_frames is {max_frames}, max_clips {max_clips} and buckets {buckets}; at least 1 wanted")
    number, ranks = rank_of(rank, world_size)
    rows = np.argsort(lengths, kind="stable")
    fitting = int(np.searchsorted(lengths, max_frames, side="right", sorter=rows))
    if fitting < len(rows) and longer == "error":
        raise ValueError(
            f"{len(rows) - fitting} clips have more than max_frames={max_frames} frames, the longest {lengths[rows[-1]]}; "
            'raise max_frames, or leave them out with longer="drop"'
        )
    rows = rows[:fitting]
    sizes = _bucket_sizes(lengths[rows], max_frames, max_clips, buckets)
    if not 0 < sum(_splits(sizes, ranks)) <= len(rows):
        raise ValueError(
            f"{len(rows)} clips in {_splits(sizes, ranks)[0]} batches cannot be shared over {ranks} ranks so that each clip is "
            "seen once and all take equal steps; take fewer ranks, larger batches or more clips"
        )
    return LengthBucketSampler(rows, sizes, seed, number, ranks)


def _bucket_sizes(
    ordered: npt.NDArray[np.integer[Any]], max_frames: int, max_clips: int | None, buckets: int
) -> list[tuple[int, int]]:
    """For each bucket, where it ends in the clips by length, and how many clips make a batch."""
    ends = np.unique(np.linspace(0, len(ordered), min(buckets, len(ordered)) + 1).astype(np.int64)[1:])
    sizes = [max_frames // max(1, int(ordered[end - 1])) for end in ends]
    return [(int(end), size if max_clips is None else min(size, max_clips)) for end, size in zip(ends, sizes)]


def _splits(buckets: list[tuple[int, int]], ranks: int) -> tuple[int, int]:
    """How many batches there are, and how many must be halved so that the ranks divide them."""
    begins = [0, *(end for end, _ in buckets)]
    count = sum(-(-(end - begin) // size) for begin, (end, size) in zip(begins, buckets))
    return count, -count % ranks
