"""With torch, torchdata and datasets: `python -m unittest discover -s tests_torch -t .`"""

from __future__ import annotations

import itertools
import unittest
from typing import Any

import numpy as np
import torch
from tests.corpora import clip_codes
from tests.test_dataset import LENGTHS, Folder
from torch.utils.data import DataLoader, DistributedSampler
from torchdata.stateful_dataloader import StatefulDataLoader
from twelvehz_data import TokenDataset, TokenStream, collate, length_bucket_sampler, widen

CLIPS = len(LENGTHS)
ALL = sorted(f"clip-{number}" for number in range(CLIPS))


def ids(batches: Any) -> list[list[str]]:
    return [batch["id"] for batch in batches]


class Loading(Folder):
    def setUp(self) -> None:
        super().setUp()
        self.dataset = TokenDataset(self.path)

    def stream(self, **options: Any) -> TokenStream:
        return TokenStream(self.dataset, 2, collate=collate(pad=2048), **options)

    def test_ranks_and_workers_see_every_clip_once_in_equal_steps(self) -> None:
        for world, workers in itertools.product((1, 2, 3, 8), (0, 1, 4)):
            with self.subTest(world=world, workers=workers):
                steps, seen = set(), []
                for rank in range(world):
                    stream = self.stream(rank=rank, world_size=world)
                    loader = DataLoader(stream, batch_size=None, num_workers=workers)
                    batches = ids(loader)
                    steps.add(len(batches))
                    seen += [name for batch in batches for name in batch]
                    self.assertEqual(len(loader), len(batches))
                    self.assertEqual(batches, ids(stream.batches()))
                self.assertEqual((len(steps), sorted(seen)), (1, ALL))

    def test_a_batch_is_int64_tensors(self) -> None:
        batch = next(iter(DataLoader(self.dataset, batch_size=4, collate_fn=collate(pad=2048))))
        self.assertEqual((batch["codes"].dtype, batch["frames"].dtype), (torch.int64, torch.int64))
        np.testing.assert_array_equal(batch["codes"][2, :17].numpy(), clip_codes(2, 17))

    def test_int16_is_widened_on_the_device(self) -> None:
        narrow = next(iter(DataLoader(self.dataset, batch_size=4, collate_fn=collate(pad=2048, dtype="int16"))))
        self.assertEqual(narrow["codes"].dtype, torch.int16)
        wide = widen(narrow, "cpu")
        self.assertEqual(wide["codes"].dtype, torch.int64)
        self.assertTrue(bool((wide["codes"] == narrow["codes"]).all()))
        self.assertEqual(wide["id"], narrow["id"])

    def test_the_map_style_set_works_with_samplers(self) -> None:
        seen = []
        for rank in range(2):
            sampler: Any = DistributedSampler(self.dataset, 2, rank, drop_last=False)
            seen += ids(DataLoader(self.dataset, 4, sampler=sampler, num_workers=2, collate_fn=collate(pad=2048)))
        self.assertEqual(sorted({name for batch in seen for name in batch}), ALL)
        buckets = length_bucket_sampler(self.dataset.frames, max_frames=80)
        batches = ids(DataLoader(self.dataset, batch_sampler=buckets, num_workers=2, collate_fn=collate(pad=2048)))
        self.assertEqual(sorted(name for batch in batches for name in batch), ALL)

    def test_workers_that_live_on_see_the_epoch_change(self) -> None:
        for context in ("fork", "spawn"):
            stream = self.stream()
            loader = DataLoader(stream, batch_size=None, num_workers=2, persistent_workers=True, multiprocessing_context=context)
            for epoch in range(3):
                stream.set_epoch(epoch)
                self.assertEqual(ids(loader), ids(stream.batches()))

    def test_a_loader_with_workers_goes_on_where_the_loop_was(self) -> None:
        whole = ids(self.stream())
        for workers in (0, 1, 4):
            stream = self.stream()
            stream.load_state_dict(stream.state_at(5))
            self.assertEqual(ids(DataLoader(stream, batch_size=None, num_workers=workers)), whole[5:])

    def test_stateful_data_loader_keeps_the_state_of_streams(self) -> None:
        for workers, cut in itertools.product((0, 1, 4), (1, 5, 11)):
            with self.subTest(workers=workers, cut=cut):
                whole = ids(self.stream())
                loader = StatefulDataLoader(self.stream(), batch_size=None, num_workers=workers)
                self.assertEqual(ids(itertools.islice(loader, cut)), whole[:cut])
                state = loader.state_dict()
                other = StatefulDataLoader(self.stream(), batch_size=None, num_workers=workers)
                other.load_state_dict(state)
                self.assertEqual(ids(other), whole[cut:])

    def test_stateful_data_loader_keeps_the_state_of_samplers(self) -> None:
        def loader(workers: int) -> Any:
            buckets = length_bucket_sampler(self.dataset.frames, max_frames=60, seed=3)
            return StatefulDataLoader(self.dataset, batch_sampler=buckets, num_workers=workers, collate_fn=collate(pad=2048))

        for workers, cut in itertools.product((0, 2), (1, 4)):
            with self.subTest(workers=workers, cut=cut):
                whole = ids(loader(workers))
                begun, other = loader(workers), loader(workers)
                self.assertEqual(ids(itertools.islice(begun, cut)), whole[:cut])
                other.load_state_dict(begun.state_dict())
                self.assertEqual(ids(other), whole[cut:])

    def test_hugging_face_maps_the_same_files(self) -> None:
        import datasets

        for hf in (self.dataset.to_hf(), datasets.load_from_disk(str(self.path))):
            self.assertEqual(len(hf), CLIPS)
            for number, frames in enumerate(LENGTHS):
                np.testing.assert_array_equal(
                    np.asarray(hf[number]["codes"], np.int16).reshape(-1, 16), clip_codes(number, frames)
                )
                self.assertEqual(hf[number]["text"], self.dataset[number]["text"])


if __name__ == "__main__":
    unittest.main()
