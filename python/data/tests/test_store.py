"""Corpora that lie elsewhere, behind a cache: pyarrow filesystems that fail."""

from __future__ import annotations

import multiprocessing
import os
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pyarrow as pa
import pyarrow.fs as pafs
from twelvehz_data import CorpusError, TokenDataset, TokenStream, store

from .corpora import clip_codes
from .test_dataset import LENGTHS, Folder


class Failing(pafs.FileSystemHandler):  # type: ignore[misc]
    """The local filesystem, where opening a file fails so many times first, or gives too little,
    or other bytes."""

    def __init__(self, refuse: int = 0, cut: int = 0, spoil: int = 0) -> None:
        self.left = {"refuse": refuse, "cut": cut, "spoil": spoil}
        self.opened: list[str] = []

    def _turn(self, kind: str) -> bool:
        self.left[kind] -= 1
        return self.left[kind] >= 0

    def open_input_stream(self, path: str) -> Any:
        self.opened.append(Path(path).name)
        if self._turn("refuse"):
            raise OSError("503 Slow Down")
        content = Path(path).read_bytes()
        if path.endswith(".arrow") and self._turn("cut"):
            content = content[: len(content) // 2]
        elif path.endswith(".arrow") and self._turn("spoil"):
            content = content[:-1] + bytes([content[-1] ^ 1])
        return pa.BufferReader(content)

    def get_type_name(self) -> str:
        return "failing"

    def _none(self, *_: Any) -> Any:
        raise NotImplementedError

    normalize_path = get_file_info = get_file_info_selector = create_dir = delete_dir = delete_dir_contents = _none
    delete_root_dir_contents = delete_file = move = copy_file = open_input_file = open_output_stream = open_append_stream = _none


class Afar(Folder):
    def setUp(self) -> None:
        super().setUp()
        self.cache = self.folder / "cache"
        patience = mock.patch.object(store, "_FIRST_WAIT_SECONDS", 0)
        patience.start()
        self.addCleanup(patience.stop)

    def opened(self, handler: Failing | None = None, **options: Any) -> TokenDataset:
        filesystem = pafs.PyFileSystem(handler or Failing())
        return TokenDataset(str(self.path), filesystem=filesystem, cache_dir=self.cache, **options)

    def check(self, dataset: TokenDataset) -> None:
        for number, frames in enumerate(LENGTHS):
            np.testing.assert_array_equal(dataset.codes(number), clip_codes(number, frames))

    def test_gives_the_same_clips_and_loads_a_shard_once(self) -> None:
        handler = Failing()
        self.check(self.opened(handler))
        self.check(self.opened(handler))
        shards = [name for name in handler.opened if name.endswith(".arrow")]
        self.assertEqual(shards, ["data-00000.arrow", "data-00001.arrow", "data-00002.arrow"])

    def test_refusals_cut_bodies_and_wrong_bytes_are_tried_again(self) -> None:
        for number, handler in enumerate((Failing(refuse=4), Failing(cut=2), Failing(spoil=2), Failing(1, 1, 1))):
            self.cache = self.folder / f"cache-{number}"
            self.check(self.opened(handler))
            self.assertEqual([file.suffix for file in self.cache.iterdir() if file.suffix != ".lock"], [".arrow"] * 3)

    def test_gives_up_in_the_end_and_leaves_no_file(self) -> None:
        for handler, code in ((Failing(refuse=99), "io"), (Failing(cut=99), "damaged"), (Failing(spoil=99), "damaged")):
            with self.assertRaisesRegex(CorpusError, "in 5 tries") as caught:
                self.check(self.opened(handler))
            self.assertEqual(caught.exception.code, code)
        self.assertEqual([file for file in self.cache.iterdir() if file.suffix != ".lock"], [])

    def test_a_shard_that_is_not_there_is_named(self) -> None:
        (self.path / "data-00001.arrow").unlink()
        dataset = self.opened()
        with self.assertRaisesRegex(CorpusError, "There is no .*data-00001.arrow") as caught:
            self.check(dataset)
        self.assertEqual(caught.exception.code, "not-found")

    def test_the_cache_stays_below_its_limit(self) -> None:
        sizes = [(self.path / f"data-0000{number}.arrow").stat().st_size for number in range(3)]
        dataset = self.opened(cache_bytes=max(sizes) + 1)
        self.check(dataset)
        self.check(dataset)
        self.assertLessEqual(sum(file.stat().st_size for file in self.cache.glob("*.arrow")), max(sizes) + 1)

    def test_a_cache_that_cannot_be_made_is_said(self) -> None:
        (self.folder / "file").write_text("")
        self.cache = self.folder / "file" / "cache"
        with self.assertRaisesRegex(CorpusError, "name another as cache_dir") as caught:
            self.check(self.opened())
        self.assertEqual(caught.exception.code, "io")

    @unittest.skipUnless(hasattr(os, "fork"), "no fork on this system")
    def test_a_forked_worker_loads_by_a_process_of_its_own(self) -> None:
        local = pafs.SubTreeFileSystem(str(self.folder), pafs.LocalFileSystem())
        dataset = TokenDataset("corpus", filesystem=local, cache_dir=self.cache)
        with multiprocessing.get_context("fork").Pool(2, _start, (dataset,)) as pool:
            totals = pool.map(_total, range(len(LENGTHS)))
        self.assertEqual(totals, [int(clip_codes(number, frames).sum()) for number, frames in enumerate(LENGTHS)])
        (self.path / "data-00001.arrow").write_bytes(b"")
        (self.cache / f"{dataset.info.shards[1].sha256}.arrow").unlink()
        with multiprocessing.get_context("fork").Pool(1, _start, (dataset,)) as pool:
            with self.assertRaisesRegex(CorpusError, "in 5 tries: 0 bytes"):
                pool.map(_total, [12])

    def test_a_stream_of_shards_needs_a_few_at_a_time(self) -> None:
        handler = Failing()
        stream = TokenStream(self.opened(handler), 2, shuffle="shards", group=1)
        seen = [len({name for name in handler.opened if name.endswith(".arrow")}) for _ in stream]
        self.assertEqual(sorted(set(seen)), [1, 2, 3])
        self.assertEqual(seen, sorted(seen))


_dataset: TokenDataset


def _start(dataset: TokenDataset) -> None:
    global _dataset
    _dataset = dataset


def _total(number: int) -> int:
    return int(_dataset.codes(number).sum())


if __name__ == "__main__":
    unittest.main()
