"""The stream: every clip once, equal steps, and going on to the same batches."""

from __future__ import annotations

import itertools
import json
import os
import unittest
from typing import Any
from unittest import mock

from twelvehz_data import TokenDataset, TokenStream, collate

from .corpora import write_corpus
from .test_dataset import LENGTHS, Folder

CLIPS = len(LENGTHS)


def ids(batch: list[dict[str, Any]]) -> list[str]:
    return [clip["id"] for clip in batch]


def loaded(stream: TokenStream, workers: int) -> list[list[str]]:
    """What a DataLoader makes of its workers: their batches in turn."""
    parts = [list(stream.batches(worker, workers)) for worker in range(max(1, workers))] if workers else [list(stream)]
    rounds = itertools.zip_longest(*parts)
    return [ids(batch) for turn in rounds for batch in turn if batch is not None]


class Streams(Folder):
    def setUp(self) -> None:
        super().setUp()
        self.dataset = TokenDataset(self.path)

    def stream(self, **options: Any) -> TokenStream:
        return TokenStream(self.dataset, options.pop("batch_size", 2), **options)

    def test_every_clip_once_and_equal_steps_over_ranks_and_workers(self) -> None:
        for world, workers, batch, shuffle in itertools.product((1, 2, 3, 8), (0, 1, 4), (2, 3, 8), ("clips", "shards", None)):
            with self.subTest(world=world, workers=workers, batch=batch, shuffle=shuffle):
                streams = [self.stream(batch_size=batch, rank=rank, world_size=world, shuffle=shuffle) for rank in range(world)]
                ranks = [loaded(stream, workers) for stream in streams]
                self.assertEqual({len(batches) for batches in ranks}, {len(streams[0])})
                seen = [name for batches in ranks for names in batches for name in names]
                self.assertEqual(sorted(seen), sorted(f"clip-{number}" for number in range(CLIPS)))

    def test_batches_do_not_depend_on_the_number_of_workers(self) -> None:
        for rank in range(3):
            stream = self.stream(rank=rank, world_size=3)
            self.assertEqual(loaded(stream, 0), loaded(stream, 1))
            self.assertEqual(loaded(stream, 0), loaded(stream, 4))

    def test_the_order_is_that_of_the_seed_and_the_epoch(self) -> None:
        def order(seed: int, epoch: int) -> list[list[str]]:
            stream = self.stream(seed=seed)
            stream.set_epoch(epoch)
            return loaded(stream, 0)

        self.assertEqual(order(0, 0), order(0, 0))
        for one, other in itertools.combinations([order(0, 0), order(0, 1), order(1, 0), order(-(2**70), 2**62)], 2):
            self.assertNotEqual(one, other)
        in_order = [name for batch in loaded(self.stream(shuffle=None), 0) for name in batch]
        self.assertEqual(in_order, [f"clip-{number}" for number in range(CLIPS)])

    def test_goes_on_at_any_step_to_the_same_batches(self) -> None:
        for shuffle in ("clips", "shards"):
            whole = [ids(batch) for batch in self.stream(shuffle=shuffle)]
            for cut in range(len(whole) + 1):
                stream = self.stream(shuffle=shuffle)
                begun = [ids(batch) for batch in itertools.islice(stream, cut)]
                state = json.loads(json.dumps(stream.state_dict()))
                other = self.stream(shuffle=shuffle)
                other.load_state_dict(state)
                self.assertEqual(other.state_dict(), state)
                self.assertEqual(begun + [ids(batch) for batch in other], whole)
                self.assertEqual(state, other.state_at(cut))

    def test_what_was_resumed_can_be_resumed_again(self) -> None:
        whole = [ids(batch) for batch in self.stream()]
        seen: list[list[str]] = []
        state = self.stream().state_dict()
        while len(seen) < len(whole):
            stream = self.stream()
            stream.load_state_dict(state)
            seen += [ids(batch) for batch in itertools.islice(stream, 2)]
            state = stream.state_dict()
        self.assertEqual(seen, whole)

    def test_the_next_epoch_is_whole_again(self) -> None:
        stream = self.stream()
        stream.load_state_dict(stream.state_at(5, epoch=3))
        self.assertEqual(stream.epoch, 3)
        stream.set_epoch(3)
        self.assertEqual(len(list(stream)), len(stream) - 5)
        stream.set_epoch(4)
        self.assertEqual(len(list(stream)), len(stream))

    def test_workers_go_on_where_the_loop_was(self) -> None:
        whole = loaded(self.stream(), 0)
        for workers in (1, 2, 4):
            stream = self.stream()
            stream.load_state_dict(stream.state_at(5))
            self.assertEqual(loaded(stream, workers), whole[5:])

    def test_other_ranks_go_on_after_the_same_clips(self) -> None:
        two = [self.stream(batch_size=3, rank=rank, world_size=2) for rank in (0, 1)]
        seen = {name for stream in two for batch in itertools.islice(stream, 2) for name in ids(batch)}
        one = self.stream(batch_size=4, rank=0, world_size=1)
        one.load_state_dict(two[0].state_dict())
        rest = [name for batch in one for name in ids(batch)]
        self.assertEqual(len(seen), 12)
        self.assertEqual(sorted([*seen, *rest]), sorted(f"clip-{number}" for number in range(CLIPS)))
        with self.assertRaisesRegex(ValueError, "no step of 1 ranks x 5 begins"):
            self.stream(batch_size=5).load_state_dict(two[0].state_dict())

    def test_a_state_of_another_stream_is_refused(self) -> None:
        state = self.stream().state_dict()
        other = TokenStream(TokenDataset(write_corpus(self.folder / "other", LENGTHS[:-1])), 2)
        for stream, name in ((self.stream(seed=1), "seed"), (self.stream(shuffle=None), "shuffle"), (other, "clips")):
            with self.subTest(name), self.assertRaisesRegex(ValueError, f"The state has {name} .*another stream"):
                stream.load_state_dict(state)

    def test_collate_is_applied(self) -> None:
        batch = next(iter(self.stream(collate=collate(pad=2048, arrays="numpy"))))
        self.assertEqual(batch["codes"].shape[0], 2)

    def test_the_rank_comes_from_the_environment(self) -> None:
        with mock.patch.dict(os.environ, RANK="1", WORLD_SIZE="3"):
            self.assertEqual((self.stream().rank, self.stream().world_size), (1, 3))
        with mock.patch.dict(os.environ, RANK="one"), self.assertRaisesRegex(ValueError, "not integers"):
            self.stream()

    def test_options_out_of_range_are_said(self) -> None:
        for options, message in (
            ({"rank": 3, "world_size": 3}, "The rank is 3 of 3; 0 to 2 wanted"),
            ({"rank": -1, "world_size": 3}, "The rank is -1 of 3"),
            ({"rank": 1}, "both wanted, or neither"),
            ({"batch_size": 0}, "at least 1 wanted"),
            ({"shuffle": "all"}, '"clips", "shards" or None'),
            ({"remainder": "none"}, '"balance", "drop" or "repeat"'),
            ({"rank": 0, "world_size": 24}, "cannot be shared over 24 ranks"),
        ):
            with self.subTest(message), self.assertRaisesRegex(ValueError, message):
                self.stream(**options)
        with self.assertRaisesRegex(ValueError, "The epoch is -1"):
            self.stream().set_epoch(-1)
        with self.assertRaisesRegex(ValueError, "The worker is 2 of 2"):
            next(self.stream().batches(2, 2))
        with self.assertRaisesRegex(ValueError, "The step is 13; 0 to 12 wanted"):
            self.stream().state_at(13)


if __name__ == "__main__":
    unittest.main()
