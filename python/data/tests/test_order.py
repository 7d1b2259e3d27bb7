"""Orders and shares, by their laws."""

from __future__ import annotations

import itertools
import unittest

import numpy as np
from twelvehz_data.order import EpochOrder, Permutation, Remainder, Share, key_of


def positions(count: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.arange(count, dtype=np.int64)


class Permutations(unittest.TestCase):
    def test_every_number_comes_once(self) -> None:
        for size in [*range(1, 70), 65_535, 65_536, 65_537, 100_003, 262_145]:
            with self.subTest(size):
                self.assertTrue((np.bincount(Permutation(size, 7)(positions(size)), minlength=size) == 1).all())

    def test_positions_can_be_asked_for_in_any_pieces(self) -> None:
        for size in (1000, 70_000):
            whole = Permutation(size, 3)(positions(size))
            np.testing.assert_array_equal(Permutation(size, 3)(positions(size)[[5, 900, 5]]), whole[[5, 900, 5]])

    def test_neither_the_key_nor_the_place_shows(self) -> None:
        """Counts of 16 x 16 cells (place, value) are as even as chance makes them: chi-square with
        225 degrees of freedom has the mean 225 and the standard deviation 21."""
        for size, key in itertools.product((4096, 65_536, 65_792, 131_072), (0, 1, 2)):
            values = Permutation(size, key)(positions(size))
            cells = np.bincount(positions(size) * 16 // size * 16 + values * 16 // size, minlength=256)
            expected = size / 256
            with self.subTest(size=size, key=key):
                self.assertLess(((cells - expected) ** 2 / expected).sum(), 225 + 6 * 21)

    def test_keys_give_unlike_orders(self) -> None:
        for size in (50, 70_000):
            orders = [Permutation(size, key_of(seed, epoch))(positions(size)) for seed in (0, 1) for epoch in (0, 1)]
            for one, other in itertools.combinations(orders, 2):
                self.assertLess((one == other).mean(), 0.2)

    def test_orders_are_the_same_for_ever(self) -> None:
        """A training run that is gone on with next year must see the clips that are left. These
        numbers were made by this code; they may not change."""
        self.assertEqual(Permutation(10, 0)(positions(10)).tolist(), GOLDEN_SMALL)
        self.assertEqual(Permutation(1 << 20, key_of(5, 2))(positions(4)).tolist(), GOLDEN_LARGE)


GOLDEN_SMALL = [0, 7, 3, 1, 9, 5, 4, 6, 8, 2]
GOLDEN_LARGE = [105442, 558611, 267486, 841336]


class Orders(unittest.TestCase):
    sizes = [10, 3, 7, 10, 1, 5, 10, 8]

    def test_every_clip_comes_once(self) -> None:
        for shuffle, group in itertools.product((None, "clips", "shards"), (1, 3, 20)):
            order = EpochOrder(self.sizes, shuffle, 5, group)  # type: ignore[arg-type]
            rows = order(positions(54))
            with self.subTest(shuffle=shuffle, group=group):
                self.assertEqual(sorted(rows.tolist()), list(range(54)))
                pieces = [order(positions(54)[at : at + 4]) for at in range(0, 54, 4)]
                np.testing.assert_array_equal(np.concatenate(pieces), rows)

    def test_shards_are_in_use_a_group_at_a_time(self) -> None:
        shard_of = np.repeat(np.arange(8), self.sizes)[EpochOrder(self.sizes, "shards", 11, 2)(positions(54))]
        changes = [sorted(set(shard_of[: at + 1].tolist())) for at in range(54)]
        seen = [len(one) for one in changes]
        left = [shard for shard in range(8) if shard not in shard_of[27:]]
        self.assertLessEqual(seen[0], 1)
        self.assertGreaterEqual(len(left), 2, "half of the epoch is over, and shards are done with")
        self.assertNotEqual(shard_of.tolist(), sorted(shard_of.tolist()))
        runs = int((np.diff(shard_of) != 0).sum())
        self.assertGreater(runs, 8, "clips of a group are mixed")


class Shares(unittest.TestCase):
    def test_balance_gives_every_clip_once_in_equal_steps(self) -> None:
        for clips, ranks, batch in itertools.product((1, 2, 7, 8, 9, 16, 17, 23, 24, 25, 64, 97), (1, 2, 3, 8), (1, 2, 3, 4, 8)):
            with self.subTest(clips=clips, ranks=ranks, batch=batch):
                try:
                    share = Share(clips, ranks, batch, "balance")
                except ValueError as error:
                    self.assertIn("cannot be shared", str(error))
                    self.assertTrue(clips < ranks or (batch == 1 and clips % ranks != 0) or clips < 2 * ranks)
                    continue
                cells = [share.positions(step, rank) for step in range(share.steps) for rank in range(ranks)]
                self.assertEqual(np.concatenate(cells).tolist(), list(range(clips)))
                sizes = [len(cell) for cell in cells]
                self.assertGreaterEqual(min(sizes), 1)
                self.assertLessEqual(max(sizes), batch)
                self.assertEqual(share.steps, -(-clips // (ranks * batch)))
                self.assertEqual(set(sizes[: (share.steps - 2) * ranks]) - {batch}, set())

    def test_drop_and_repeat_fill_every_batch(self) -> None:
        for remainder, steps in (("drop", 3), ("repeat", 4)):
            share = Share(23, 3, 2, remainder)  # type: ignore[arg-type]
            cells = [share.positions(step, rank) for step in range(share.steps) for rank in range(3)]
            self.assertEqual((share.steps, {len(cell) for cell in cells}), (steps, {2}))
            self.assertEqual(np.concatenate(cells).tolist(), [at % 23 for at in range(6 * steps)])

    def test_a_step_is_found_by_where_it_begins(self) -> None:
        remainders: tuple[Remainder, ...] = ("balance", "drop", "repeat")
        for clips, ranks, batch, remainder in itertools.product((23, 24, 26, 97), (1, 3), (2, 4), remainders):
            share = Share(clips, ranks, batch, remainder)
            begins = [share.begin(step) for step in range(share.steps + 1)]
            for position in range(clips + 1):
                expected = begins.index(position) if position in begins else None
                self.assertEqual(share.step_at(position), expected, (clips, ranks, batch, remainder, position))

    def test_what_cannot_be_shared_is_said(self) -> None:
        for clips, ranks, batch, remainder, message in (
            (0, 1, 1, "balance", "the corpus is empty"),
            (10, 3, 1, "balance", "take larger batches, fewer ranks"),
            (2, 3, 4, "balance", "cannot be shared over 3 ranks"),
            (5, 3, 2, "drop", "do not fill one step"),
        ):
            with self.subTest(message), self.assertRaisesRegex(ValueError, message):
                Share(clips, ranks, batch, remainder)  # type: ignore[arg-type]


if __name__ == "__main__":
    unittest.main()
