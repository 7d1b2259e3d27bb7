"""A corpus as a stream of batches that is shared over ranks and workers, and goes on where it was."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from .dataset import Clip, TokenDataset
from .order import EpochOrder, Remainder, Share, Shuffle, key_of

if TYPE_CHECKING:
    _Base = object
else:
    try:
        from torch.utils.data import IterableDataset as _Base  # what a DataLoader asks for
    except ImportError:
        _Base = object

_STATE_VERSION = 1


class TokenStream(_Base):
    """Batches of a corpus, for `DataLoader(stream, batch_size=None, num_workers=...)`.

    Every clip of an epoch comes once, in a batch of one rank, and all ranks take the same number of
    steps. The batches of a rank and their order do not depend on the number of workers. The order
    of an epoch depends on `seed` and the number of the epoch, not on ranks: after `seen` clips,
    another number of ranks can go on where that is a whole number of its steps.

    A worker holds no list of clips and no shuffled indices: its memory does not grow with the
    corpus, and to go on in the middle of an epoch is arithmetic.

    Args:
        dataset: the corpus.
        batch_size: clips of a batch.
        collate: makes a batch of a list of clips (`collate`); default the list itself.
        shuffle: "clips", all at random; "shards", shards at random and clips at random within
            `group` shards, for corpora afar with a bounded cache; None, in the order of the corpus.
        seed: any integer.
        rank, world_size: this process and the number of processes; default those of
            `torch.distributed` where it runs, else `$RANK` and `$WORLD_SIZE`, else 0 and 1.
        remainder: what becomes of clips that do not fill a step: "balance", shared out evenly over
            the last two steps; "drop"; "repeat", filled up with clips from the beginning.
        group: shards that are shuffled together by "shards".

    Raises ValueError for a rank out of range, and where clips cannot be shared as asked.
    """

    def __init__(
        self,
        dataset: TokenDataset,
        batch_size: int,
        *,
        collate: Callable[[list[Clip]], Any] | None = None,
        shuffle: Shuffle | None = "clips",
        seed: int = 0,
        rank: int | None = None,
        world_size: int | None = None,
        remainder: Remainder = "balance",
        group: int = 4,
    ) -> None:
        super().__init__()
        if batch_size < 1 or group < 1:
            raise ValueError(f"batch_size is {batch_size} and group {group}; at least 1 wanted")
        if shuffle not in (None, *get_args(Shuffle)):
            raise ValueError(f'shuffle is {shuffle!r}; "clips", "shards" or None wanted')
        if remainder not in get_args(Remainder):
            raise ValueError(f'remainder is {remainder!r}; "balance", "drop" or "repeat" wanted')
        self.dataset = dataset
        self.rank, self.world_size = rank_of(rank, world_size)
        self._share = Share(len(dataset), self.world_size, batch_size, remainder)
        self._collate = collate
        self._shuffle = shuffle
        self._seed = seed
        self._group = group
        # [epoch, epoch that was resumed, step it goes on at]: workers that live for several epochs
        # see it change.
        self._clock = _shared_integers([0, -1, 0])
        self._next: tuple[int, int] | None = None  # (epoch, step) that this process would give next
        self._own: Mapping[str, Any] | None = None  # a state that was loaded in this worker

    def __len__(self) -> int:
        """Batches of an epoch, the same for every rank."""
        return self._share.steps

    def __iter__(self) -> Iterator[Any]:
        """The batches of this epoch for this worker of the DataLoader, or for this process."""
        return self.batches(*_worker())

    @property
    def epoch(self) -> int:
        """The epoch that is, or will be, iterated."""
        return int(self._clock[0])

    def set_epoch(self, epoch: int) -> None:
        """Chooses the epoch, from 0 on; before each `for batch in loader`. Reaches workers that
        live on."""
        if epoch < 0:
            raise ValueError(f"The epoch is {epoch}; 0 or more wanted")
        self._clock[0] = epoch

    def batches(self, worker: int = 0, workers: int = 1) -> Iterator[Any]:
        """The batches of one of `workers` workers: each takes every `workers`-th step."""
        if not 0 <= worker < workers:
            raise ValueError(f"The worker is {worker} of {workers}; 0 to {workers - 1} wanted")
        epoch = self.epoch
        key = key_of(self._seed, epoch)
        order = EpochOrder(self.dataset.shard_sizes(), self._shuffle, key, self._group)
        step = self._first_step(epoch, worker, workers)
        self._next = (epoch, step)
        while step < self._share.steps:
            rows = order(self._share.positions(step, self.rank))
            clips = self.dataset.__getitems__(rows.tolist())
            step += workers
            self._next = (epoch, step)
            yield clips if self._collate is None else self._collate(clips)

    def state_at(self, step: int, epoch: int | None = None) -> dict[str, Any]:
        """The state after `step` batches of an epoch, for `load_state_dict`. Workers are ahead of
        the loop by what they have prefetched, so with workers it is the loop that counts."""
        if not 0 <= step <= self._share.steps:
            raise ValueError(f"The step is {step}; 0 to {self._share.steps} wanted")
        return {
            "version": _STATE_VERSION,
            "corpus": self.dataset.info.fingerprint,
            "clips": len(self.dataset),
            "seed": self._seed,
            "shuffle": self._shuffle,
            "group": self._group,
            "epoch": self.epoch if epoch is None else epoch,
            "seen": self._share.begin(step),
        }

    def state_dict(self) -> dict[str, Any]:
        """Where this process is, as integers and strings. In a worker, that of the worker:
        `StatefulDataLoader` of torchdata gathers them."""
        epoch, step = self._position()
        worker, workers = _worker()
        state = self.state_at(min(step, self._share.steps), epoch)
        return state if workers == 1 and not _in_worker() else {**state, "worker": worker, "workers": workers, "step": step}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Goes on where `state` was, with the next iteration.

        An epoch that is gone on with stays so until `set_epoch` names another. Raises ValueError
        for the state of another corpus or another order, and where the clips that were seen are
        not a whole number of steps of these ranks and batches.
        """
        mine = self.state_at(0)
        for name in ("version", "corpus", "clips", "seed", "shuffle", "group"):
            if state.get(name) != mine[name]:
                raise ValueError(f"The state has {name} {state.get(name)!r}, {mine[name]!r} wanted: it belongs to another stream")
        if "worker" in state:
            self._load_in_worker(state)
            return
        step = self._share.step_at(state["seen"])
        if step is None:
            raise ValueError(
                f"The state was after {state['seen']} clips of {len(self.dataset)}, where no step of {self.world_size} ranks x "
                f"{self._share.batch_size} begins; go on with the ranks and the batch size that it was made with"
            )
        self._clock[0] = self._clock[1] = state["epoch"]
        self._clock[2] = step
        self._next = self._own = None

    def _load_in_worker(self, state: Mapping[str, Any]) -> None:
        worker, workers = _worker()
        if (state["worker"], state["workers"]) != (worker, workers):
            raise ValueError(
                f"The state is of worker {state['worker']} of {state['workers']}, this is {worker} of {workers}; "
                "keep num_workers, or load state_at(step)"
            )
        self._own = state

    def _first_step(self, epoch: int, worker: int, workers: int) -> int:
        own, self._own = self._own, None
        if own is not None and own["epoch"] == epoch:
            return int(own["step"])
        return worker + (int(self._clock[2]) if int(self._clock[1]) == epoch else 0)

    def _position(self) -> tuple[int, int]:
        if self._own is not None:
            return self._own["epoch"], self._own["step"]
        if self._next is not None and (self._next[0] == self.epoch or _in_worker()):
            return self._next
        return self.epoch, self._first_step(self.epoch, *_worker())


def rank_of(rank: int | None, world_size: int | None) -> tuple[int, int]:
    """A rank and the number of ranks, from what is given, `torch.distributed`, or the environment.

    Raises ValueError for one without the other, and for a rank out of range."""
    if (rank is None) != (world_size is None):
        raise ValueError(f"rank is {rank} and world_size {world_size}; both wanted, or neither")
    if rank is None or world_size is None:
        rank, world_size = _found_rank()
    if not 0 <= rank < world_size:
        raise ValueError(f"The rank is {rank} of {world_size}; 0 to {world_size - 1} wanted")
    return rank, world_size


def _found_rank() -> tuple[int, int]:
    distributed = sys.modules.get("torch.distributed")
    if distributed is not None and distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank(), distributed.get_world_size()
    try:
        return int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
    except ValueError as error:
        raise ValueError(f"$RANK and $WORLD_SIZE are not integers ({error}); give rank and world_size") from error


def _worker_info() -> Any:
    loading = sys.modules.get("torch.utils.data")
    return None if loading is None else loading.get_worker_info()


def _in_worker() -> bool:
    return _worker_info() is not None


def _worker() -> tuple[int, int]:
    info = _worker_info()
    return (0, 1) if info is None else (info.id, info.num_workers)


def _shared_integers(values: list[int]) -> Any:
    torch = sys.modules.get("torch")
    if torch is None:
        return np.array(values, np.int64)
    return torch.tensor(values, dtype=torch.int64).share_memory_()
