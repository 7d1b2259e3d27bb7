"""Orders that need no memory, and how the clips of an order are shared over ranks and steps.

The shuffle of an epoch is a function from a position to a clip, not a list: a worker holds nothing
that grows with the corpus, and going on at any step costs nothing. It is made of integer arithmetic
alone, so that it is the same on every machine and with every version of NumPy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Positions = npt.NDArray[np.int64]
Shuffle = Literal["clips", "shards"]
Remainder = Literal["balance", "drop", "repeat"]

_TABLE_SIZE = 1 << 16
_ROUNDS = 6
_MASK = (1 << 64) - 1


def mix(values: npt.NDArray[np.uint64], key: int) -> npt.NDArray[np.uint64]:
    """The finalizer of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number
    generators, 2014) over `values + key * golden`: 64 bits that look random."""
    z = values + np.uint64((key * 0x9E3779B97F4A7C15) & _MASK)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def key_of(*numbers: int) -> int:
    """One 64-bit key of several integers of any size and sign."""
    key = np.zeros(1, np.uint64)
    for number in numbers:
        key = mix(key ^ np.uint64(number & _MASK), (number >> 64) + 1)
    return int(key[0])


class Permutation:
    """A permutation of 0 to `size` - 1 that `key` chooses; call it with positions.

    Small ones are a table, sorted by hashes. Large ones are a Feistel network over the next power
    of four with cycle walking (Black and Rogaway: Ciphers with arbitrary finite domains, 2002).
    """

    def __init__(self, size: int, key: int) -> None:
        self.size = size
        self._key = key
        self._table: Positions | None = None
        if size <= _TABLE_SIZE:
            hashes = mix(np.arange(size, dtype=np.uint64), key)
            self._table = np.argsort(hashes, kind="stable")
        self._half = np.uint64(max(1, ((size - 1).bit_length() + 1) // 2))

    def __call__(self, positions: Positions) -> Positions:
        if self._table is not None:
            return self._table[positions]
        result = self._network(positions.astype(np.uint64))
        while (beyond := result >= self.size).any():
            result[beyond] = self._network(result[beyond])
        return result.astype(np.int64)

    def _network(self, values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
        mask = (np.uint64(1) << self._half) - np.uint64(1)
        left, right = values >> self._half, values & mask
        for turn in range(_ROUNDS):
            left, right = right, left ^ (mix(right, self._key + turn + 1) & mask)
        return (left << self._half) | right


class EpochOrder:
    """Which clip stands at which position of an epoch.

    `shuffle` None: as in the corpus. "clips": all clips at random. "shards": shards at random, and
    clips at random within each `group` of them, so that few shards are in use at a time.
    """

    def __init__(self, shard_sizes: list[int], shuffle: Shuffle | None, key: int, group: int) -> None:
        self.size = sum(shard_sizes)
        self._all = Permutation(self.size, key) if shuffle == "clips" else None
        self._groups = _Groups(shard_sizes, key, group) if shuffle == "shards" else None

    def __call__(self, positions: Positions) -> Positions:
        if self._all is not None:
            return self._all(positions)
        return positions if self._groups is None else self._groups(positions)


class _Groups:
    """Shards in a random order, in groups whose clips are shuffled together."""

    def __init__(self, shard_sizes: list[int], key: int, group: int) -> None:
        self._key = key
        order = Permutation(len(shard_sizes), key)(np.arange(len(shard_sizes), dtype=np.int64))
        sizes = np.asarray(shard_sizes, dtype=np.int64)
        first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        self._sizes, self._first = sizes[order], first[order]
        ends = np.cumsum(self._sizes)[group - 1 :: group]
        total = int(sizes.sum())
        self._ends = ends if len(ends) and ends[-1] == total else np.append(ends, total)
        self._group = group
        self._known: tuple[int, Permutation, Positions] | None = None

    def __call__(self, positions: Positions) -> Positions:
        result = np.empty_like(positions)
        groups = np.searchsorted(self._ends, positions, side="right")
        for number in np.unique(groups):
            here = groups == number
            result[here] = self._within(int(number), positions[here])
        return result

    def _within(self, number: int, positions: Positions) -> Positions:
        shards = slice(number * self._group, (number + 1) * self._group)
        begin = int(self._ends[number - 1]) if number else 0
        if self._known is None or self._known[0] != number:
            size = int(self._ends[number]) - begin
            ends = np.cumsum(self._sizes[shards])
            self._known = (number, Permutation(size, key_of(self._key, number)), ends)
        _, shuffled, ends = self._known
        at = shuffled(positions - begin)
        shard = np.searchsorted(ends, at, side="right")
        return self._first[shards][shard] + at - (ends - self._sizes[shards])[shard]


@dataclass(frozen=True)
class Share:
    """How the positions of an epoch become steps: at each step every rank takes its part of the
    next `ranks * batch_size` positions.

    With "balance" each clip is in one batch, and all ranks have the same number of batches: the
    last step, or the last two, are shared out evenly. "drop" leaves out what does not fill a step,
    "repeat" fills the last step with clips from the beginning of the order.

    Raises ValueError where that is impossible.
    """

    clips: int
    ranks: int
    batch_size: int
    remainder: Remainder

    def __post_init__(self) -> None:
        if self.clips == 0:
            raise ValueError("There are no clips to share over ranks: the corpus is empty")
        if self.remainder == "drop" and self.steps == 0:
            raise ValueError(
                f"{self.clips} clips do not fill one step of {self.ranks} ranks x {self.batch_size}, "
                'and remainder="drop" leaves them out; take fewer ranks, smaller batches or "balance"'
            )
        if self.remainder == "balance" and self.clips - self._full_steps * self._whole < self._tail_steps * self.ranks:
            raise ValueError(
                f"{self.clips} clips cannot be shared over {self.ranks} ranks in batches of {self.batch_size} so that "
                "each clip is seen once and all ranks take equal steps; take larger batches, fewer ranks, "
                'or remainder="drop" or "repeat"'
            )

    @property
    def _whole(self) -> int:
        return self.ranks * self.batch_size

    @property
    def steps(self) -> int:
        """Batches of every rank in an epoch."""
        return self.clips // self._whole if self.remainder == "drop" else -(-self.clips // self._whole)

    @property
    def _tail_steps(self) -> int:
        """Steps at the end that are shared out evenly: two where one would leave a rank empty."""
        rest = self.clips % self._whole
        if self.remainder != "balance" or rest == 0:
            return 0
        return min(self.steps, 1 if rest >= self.ranks else 2)

    @property
    def _full_steps(self) -> int:
        return self.steps - self._tail_steps

    def begin(self, step: int) -> int:
        """The position where a step begins; `begin(steps)` is the end of the epoch."""
        return self._cell(step * self.ranks) if step < self.steps else min(self.clips, self.steps * self._whole)

    def positions(self, step: int, rank: int) -> Positions:
        """The positions of a rank's batch."""
        cell = step * self.ranks + rank
        return np.arange(self._cell(cell), self._cell(cell + 1), dtype=np.int64) % self.clips

    def _cell(self, cell: int) -> int:
        """Where a batch begins, the batches of all ranks and steps counted through."""
        full = self._full_steps * self.ranks
        if cell <= full:
            return cell * self.batch_size
        begin = full * self.batch_size
        return begin + (cell - full) * (self.clips - begin) // (self._tail_steps * self.ranks)

    def step_at(self, position: int) -> int | None:
        """The step that begins at a position; None where none does."""
        low = min(position // self._whole, self.steps)
        return next((step for step in range(low, min(low + 3, self.steps) + 1) if self.begin(step) == position), None)
