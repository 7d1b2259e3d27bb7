"""The map-style data set: what it gives, and what it says of a corpus that is not right."""

from __future__ import annotations

import json
import pickle
import tempfile
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from twelvehz_data import CorpusError, TokenDataset

from .corpora import clip_codes, write_corpus

LENGTHS = [5, 0, 17, 3, 9, 1, 40, 12, 6, 8, 2, 33, 7, 21, 4, 11, 19, 10, 25, 13, 14, 30, 16]


class Folder(unittest.TestCase):
    """A test with a folder of its own and the corpus `self.path` in it."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.path = write_corpus(self.folder / "corpus", LENGTHS)


class Rows(Folder):
    def test_every_clip_is_what_was_written(self) -> None:
        dataset = TokenDataset(self.path)
        self.assertEqual(len(dataset), len(LENGTHS))
        for number, frames in enumerate(LENGTHS):
            clip = dataset[number]
            self.assertEqual(clip["id"], f"clip-{number}")
            self.assertEqual(clip["codes"].dtype, np.int16)
            np.testing.assert_array_equal(clip["codes"], clip_codes(number, frames))
            np.testing.assert_array_equal(dataset.codes(number), clip["codes"])
            self.assertEqual(clip["frames"], frames)
            self.assertEqual(clip["text"], None if number % 5 == 4 else f"Satz Nr. {number}, 你好")
            self.assertEqual(json.loads(clip["extra"]), {"take": number})
            self.assertIsNone(clip["offset"])

    @unittest.skipUnless(Path("/proc/self/maps").exists(), "no /proc on this system")
    def test_codes_are_views_of_the_mapped_file(self) -> None:
        dataset = TokenDataset(self.path)
        address = dataset.codes(2).__array_interface__["data"][0]
        with open("/proc/self/maps", encoding="ascii") as maps:
            lines = [line for line in maps if line.rstrip().endswith("data-00000.arrow")]
        ranges = [tuple(int(end, 16) for end in line.split()[0].split("-")) for line in lines]
        self.assertTrue(any(begin <= address < end for begin, end in ranges))
        with self.assertRaises(ValueError):
            dataset.codes(2)[0, 0] = 1

    def test_the_corpus_describes_itself(self) -> None:
        info = TokenDataset(self.path).info
        self.assertEqual((info.layers, info.codebook_size, info.sample_rate), (16, 2048, 24000))
        self.assertEqual((float(info.frame_rate), info.model_name), (12.5, "test-model"))
        self.assertIn("23 clips", repr(TokenDataset(self.path)))

    def test_lengths_come_without_the_codes(self) -> None:
        np.testing.assert_array_equal(TokenDataset(self.path).frames, LENGTHS)

    def test_columns_are_those_asked_for_in_that_order(self) -> None:
        self.assertEqual(list(TokenDataset(self.path, columns=("text", "codes"))[0]), ["text", "codes"])
        self.assertNotIn("crc32c", TokenDataset(self.path)[0])
        self.assertEqual(TokenDataset(self.path, columns=["crc32c"])[0], {"crc32c": 0})

    def test_indices_are_those_of_a_sequence(self) -> None:
        dataset = TokenDataset(self.path)
        self.assertEqual(dataset[-1]["id"], f"clip-{len(LENGTHS) - 1}")
        self.assertEqual(dataset[np.int64(3)]["id"], "clip-3")
        self.assertEqual([clip["id"] for clip in dataset.__getitems__([22, 0])], ["clip-22", "clip-0"])
        self.assertEqual(sum(1 for _ in dataset), len(LENGTHS))
        for beyond in (len(LENGTHS), -len(LENGTHS) - 1):
            with self.assertRaisesRegex(IndexError, "the corpus has 23"):
                dataset[beyond]
        with self.assertRaisesRegex(TypeError, "an integer wanted"):
            dataset["clip-1"]  # type: ignore[index]

    def test_a_pickle_holds_no_data(self) -> None:
        dataset = TokenDataset(self.path)
        _ = dataset.frames, dataset[0]
        pickled = pickle.dumps(dataset)
        self.assertLess(len(pickled), 6000)
        np.testing.assert_array_equal(pickle.loads(pickled).codes(6), clip_codes(6, 40))

    def test_a_whole_corpus_passes_its_verification(self) -> None:
        TokenDataset(self.path, verify=True)

    def test_a_corpus_of_no_clips_is_one(self) -> None:
        dataset = TokenDataset(write_corpus(self.folder / "empty", []), verify=True)
        self.assertEqual((len(dataset), list(dataset), len(dataset.frames)), (0, [], 0))

    def test_model(self) -> None:
        for name in ("test-model", "0123456789abcdef" * 2):
            TokenDataset(self.path, model=name)


def _json(file: Path, change: Callable[[dict[str, Any]], object]) -> None:
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content))


def _manifest(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    return lambda path: _json(path / "twelvehz.json", change)


def _cut(path: Path) -> None:
    shard = path / "data-00001.arrow"
    shard.write_bytes(shard.read_bytes()[:-300])


def _cut_and_told(path: Path) -> None:
    _cut(path)
    _json(path / "twelvehz.json", lambda content: content["shards"][1].update(bytes=(path / "data-00001.arrow").stat().st_size))


def _flip(path: Path) -> None:
    shard = path / "data-00002.arrow"
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 1
    shard.write_bytes(bytes(content))


def _unlike(path: Path) -> None:
    (path / "data-00000.arrow").write_bytes(b"nothing like it" * 20)
    _json(path / "twelvehz.json", lambda content: content["shards"][0].update(bytes=300))


def _exchange(path: Path) -> None:
    shards = [path / f"data-0000{number}.arrow" for number in (0, 2)]
    first, last = (shard.read_bytes() for shard in shards)
    shards[0].write_bytes(last)
    _json(path / "twelvehz.json", lambda content: content["shards"][0].update(bytes=len(last)))


BAD: list[tuple[str, Callable[[Path], object], dict[str, Any], str, str]] = [
    ("no manifest", lambda path: (path / "twelvehz.json").unlink(), {}, "not-a-corpus", "run twelvehz tokenize to its end"),
    ("another data set", lambda path: (path / "twelvehz.json").write_text("{}"), {}, "not-a-corpus", "name a folder that twelvehz"),
    ("no JSON", lambda path: (path / "twelvehz.json").write_text("{"), {}, "damaged", "is not JSON"),
    ("no UTF-8", lambda path: (path / "twelvehz.json").write_bytes(b"\xff\xfe"), {}, "io", "Cannot read"),
    ("other version", _manifest(lambda content: content.update(version=2)), {}, "unsupported", "version 2, version 1 is read"),
    ("no spec", _manifest(lambda content: content.pop("spec")), {}, "damaged", '"spec" is null, dict wanted'),
    ("a wrong type", _manifest(lambda content: content.update(clips="3")), {}, "damaged", '"clips" is "3", int wanted'),
    ("sums", _manifest(lambda content: content.update(clips=3)), {}, "damaged", "3 clips of .* its shards have 23"),
    ("a path as a shard", _manifest(lambda content: content["shards"][0].update(file="../x.arrow")), {}, "damaged", "a file name"),
    ("no state", lambda path: (path / "state.json").unlink(), {}, "not-found", "There is no .*state.json"),
    ("other state", lambda path: _json(path / "state.json", lambda content: content["_data_files"].pop()), {}, "damaged", "names 2 shards"),
    ("no list in the state", lambda path: (path / "state.json").write_text("[]"), {}, "damaged", "not a list of shards"),
    ("a missing shard", lambda path: (path / "data-00001.arrow").unlink(), {}, "damaged", "data-00001.arrow is missing"),
    ("a short shard", _cut, {}, "damaged", "bytes, .* wanted; copy it again"),
    ("a cut shard", _cut_and_told, {}, "damaged", "not a whole Arrow stream"),
    ("not Arrow", _unlike, {}, "damaged", "not a whole Arrow stream"),
    ("shards exchanged", _exchange, {}, "damaged", "has 3 clips, 10 wanted"),
    ("a flipped bit", _flip, {"verify": True}, "damaged", "data-00002.arrow has the SHA-256"),
    ("layers", _manifest(lambda content: content["spec"].update(layers=8)), {}, "damaged", r"list<fixed_size_list<int16>\[8\]> wanted"),
    ("codes beyond", _manifest(lambda content: content["spec"].update(codebookSize=9)), {"verify": True}, "damaged", "0 to 8 wanted"),
    ("other model", lambda path: None, {"model": "qwen"}, "model-mismatch", "qwen wanted"),
]


class BadInput(Folder):
    def test_each_fault_is_one_clear_error(self) -> None:
        for number, (name, spoil, options, code, message) in enumerate(BAD):
            with self.subTest(name):
                path = write_corpus(self.folder / f"bad-{number}", LENGTHS)
                spoil(path)
                with self.assertRaisesRegex(CorpusError, message) as caught:
                    dataset = TokenDataset(path, **options)
                    for clip in dataset:
                        self.assertIn("id", clip)
                self.assertEqual(caught.exception.code, code)
                self.assertNotIn("\n", str(caught.exception))

    def test_no_folder(self) -> None:
        for path in (self.folder / "nowhere", self.path / "twelvehz.json"):
            with self.assertRaisesRegex(CorpusError, "There is no folder") as caught:
                TokenDataset(path)
            self.assertEqual(caught.exception.code, "not-found")

    def test_an_address_that_nothing_opens(self) -> None:
        with self.assertRaisesRegex(CorpusError, "Cannot open ftp://host/corpus") as caught:
            TokenDataset("ftp://user:secret@host/corpus")
        self.assertEqual(caught.exception.code, "unsupported")
        self.assertNotIn("secret", str(caught.exception))

    def test_a_column_that_is_not_there(self) -> None:
        with self.assertRaisesRegex(ValueError, "There is no column 'mood'; there are id, codes"):
            TokenDataset(self.path, columns=("mood",))
        with self.assertRaisesRegex(TypeError, "a sequence of names"):
            TokenDataset(self.path, columns="id")

    def test_an_error_crosses_between_processes(self) -> None:
        error = pickle.loads(pickle.dumps(CorpusError("io", "A message")))
        self.assertEqual((error.code, str(error)), ("io", "A message"))


if __name__ == "__main__":
    unittest.main()
