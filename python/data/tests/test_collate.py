"""Batches: padding, delay, types; and batches of clips of like length."""

from __future__ import annotations

import itertools
import pickle
import unittest
from typing import Any

import numpy as np
from twelvehz_data import TokenDataset, collate, length_bucket_sampler, undelay

from .corpora import clip_codes
from .test_dataset import LENGTHS, Folder

PAD = 2048


def clip(number: int, frames: int, layers: int = 16) -> dict[str, Any]:
    return {"codes": clip_codes(number, frames, layers), "frames": frames, "text": f"text {number}"}


class Collating(unittest.TestCase):
    clips = [clip(0, 5), clip(1, 9), clip(2, 0)]

    def test_pads_to_the_longest(self) -> None:
        batch = collate(pad=PAD, arrays="numpy")(self.clips)
        self.assertEqual((batch["codes"].shape, batch["codes"].dtype), ((3, 9, 16), np.int64))
        self.assertEqual((batch["frames"].tolist(), batch["text"]), ([5, 9, 0], ["text 0", "text 1", "text 2"]))
        for row, one in zip(batch["codes"], self.clips):
            np.testing.assert_array_equal(row[: one["frames"]], one["codes"])
            self.assertTrue((row[one["frames"] :] == PAD).all())

    def test_delays_layers_as_in_musicgen_and_back(self) -> None:
        batch = collate(pad=PAD, delay_pattern=True, arrays="numpy")(self.clips)
        self.assertEqual(batch["codes"].shape, (3, 9 + 15, 16))
        for row, one in zip(batch["codes"], self.clips):
            for k in range(16):
                np.testing.assert_array_equal(row[k : k + one["frames"], k], one["codes"][:, k])
                self.assertTrue((row[:k, k] == PAD).all())
                self.assertTrue((row[k + one["frames"] :, k] == PAD).all())
            np.testing.assert_array_equal(undelay(row, one["frames"]), one["codes"])

    def test_delays_can_be_named(self) -> None:
        delays = [0] + [1] * 15
        row = collate(pad=-100, delay_pattern=delays, arrays="numpy")(self.clips)["codes"][0]
        np.testing.assert_array_equal(row[:5, 0], self.clips[0]["codes"][:, 0])
        np.testing.assert_array_equal(row[1:6, 1:], self.clips[0]["codes"][:, 1:])
        self.assertTrue((row[0, 1:] == -100).all())
        np.testing.assert_array_equal(undelay(row, 5, delays), self.clips[0]["codes"])

    def test_layers_lengths_and_types(self) -> None:
        batch = collate(pad=0, layers=4, multiple_of=8, dtype="int16", arrays="numpy")(self.clips)
        self.assertEqual((batch["codes"].shape, batch["codes"].dtype), ((3, 16, 4), np.int16))

    def test_a_collator_goes_to_workers(self) -> None:
        for pattern in (True, [0] * 16):
            other = pickle.loads(pickle.dumps(collate(pad=PAD, delay_pattern=pattern, arrays="numpy")))
            np.testing.assert_array_equal(
                other(self.clips)["codes"], collate(pad=PAD, delay_pattern=pattern, arrays="numpy")(self.clips)["codes"]
            )

    def test_options_out_of_range_are_said(self) -> None:
        for options, message in (
            ({"pad": 40_000}, "an int16 wanted"),
            ({"pad": 0, "layers": 0}, "layers is 0"),
            ({"pad": 0, "multiple_of": 0}, "multiple_of is 0"),
            ({"pad": 0, "delay_pattern": [0, -1]}, "delays of 0 frames or more"),
            ({"pad": 0, "delay_pattern": []}, "delays of 0 frames or more"),
        ):
            with self.subTest(message), self.assertRaisesRegex(ValueError, message):
                collate(**options)
        with self.assertRaisesRegex(ValueError, "2 delays, the codes have 16 layers"):
            collate(pad=0, delay_pattern=[0, 1])(self.clips)
        with self.assertRaisesRegex(ValueError, "at least one wanted"):
            collate(pad=0)([])
        with self.assertRaisesRegex(ValueError, "Clips of 16 and of 8 layers"):
            collate(pad=0)([clip(0, 3), clip(1, 3, 8)])


class Buckets(Folder):
    lengths = np.random.default_rng(0).integers(1, 400, 1000).astype(np.int32)

    def test_every_clip_once_equal_steps_and_never_too_many_frames(self) -> None:
        for world, most in itertools.product((1, 2, 3, 8), (None, 7)):
            samplers = [
                length_bucket_sampler(self.lengths, max_frames=2000, max_clips=most, rank=rank, world_size=world)
                for rank in range(world)
            ]
            ranks = [list(sampler) for sampler in samplers]
            with self.subTest(world=world, most=most):
                self.assertEqual({len(batches) for batches in ranks}, {len(samplers[0])})
                batches = [batch for rank in ranks for batch in rank]
                self.assertEqual(sorted(row for batch in batches for row in batch), list(range(1000)))
                for batch in batches:
                    self.assertLessEqual(len(batch) * int(self.lengths[batch].max()), 2000)
                    self.assertLessEqual(len(batch), most or 2000)

    def test_pads_little(self) -> None:
        padded = sum(len(batch) * int(self.lengths[batch].max()) for batch in length_bucket_sampler(self.lengths, max_frames=2000))
        self.assertLess(padded, 1.1 * self.lengths.sum())

    def test_epochs_differ_and_go_on(self) -> None:
        sampler = length_bucket_sampler(self.lengths, max_frames=2000, seed=4)
        first = list(sampler)
        sampler.set_epoch(1)
        second = list(sampler)
        self.assertNotEqual(first, second)
        self.assertNotEqual({frozenset(batch) for batch in first}, {frozenset(batch) for batch in second})
        for cut in (0, 1, 50, len(second)):
            begun = length_bucket_sampler(self.lengths, max_frames=2000, seed=4)
            begun.set_epoch(1)
            self.assertEqual(list(itertools.islice(begun, cut)), second[:cut])
            other = length_bucket_sampler(self.lengths, max_frames=2000, seed=4)
            other.load_state_dict(begun.state_dict())
            self.assertEqual(list(other), second[cut:])
            self.assertEqual(begun.state_dict(), begun.state_at(cut))
            other.set_epoch(0)
            self.assertEqual(list(other), first)

    def test_works_on_a_corpus(self) -> None:
        dataset = TokenDataset(self.path)
        batches = list(length_bucket_sampler(dataset.frames, max_frames=80, buckets=4))
        self.assertEqual(sorted(row for batch in batches for row in batch), list(range(len(LENGTHS))))

    def test_options_out_of_range_are_said(self) -> None:
        wrong: tuple[tuple[dict[str, Any], str], ...] = (
            ({"max_frames": 0}, "at least 1 wanted"),
            ({"max_frames": 100}, "clips have more than max_frames=100 frames, the longest 399"),
            ({"max_frames": 400, "rank": 2, "world_size": 2}, "The rank is 2 of 2"),
            ({"max_frames": 400, "max_clips": 1, "rank": 0, "world_size": 3}, "cannot be shared over 3 ranks"),
        )
        for options, message in wrong:
            with self.subTest(message), self.assertRaisesRegex(ValueError, message):
                length_bucket_sampler(self.lengths, **options)
        kept = [row for batch in length_bucket_sampler(self.lengths, max_frames=100, longer="drop") for row in batch]
        self.assertEqual(sorted(kept), np.flatnonzero(self.lengths <= 100).tolist())
        with self.assertRaisesRegex(ValueError, "another sampler"):
            length_bucket_sampler(self.lengths, max_frames=400).load_state_dict(
                length_bucket_sampler(self.lengths, max_frames=500).state_dict()
            )


if __name__ == "__main__":
    unittest.main()
