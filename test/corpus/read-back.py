"""Reads a corpus and its exports by the libraries that they are for, and compares every clip.

    TWELVEHZ_PYTHON=python npm run test:slow -- test/corpus/read-back    # makes them, and runs this

read-back.py CORPUS EXPORTS: EXPORTS has a folder for each form. Needs datasets, webdataset, lhotse,
torch, and megatron-core (without its dependencies is enough). A line for each form; ends with 1
where one differs or its library is missing.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python/data"))
from twelvehz_data import TokenDataset

Row = tuple[dict[str, Any], Any]
"""What a form says of a clip, and its codes."""
COLUMNS = ("id", "text", "speaker", "language", "source", "offset", "frames", "sample_count", "duration", "source_rate", "level_db", "silence")


def hugging_face(corpus: Path) -> Iterator[Row]:
    import datasets

    for row in datasets.load_from_disk(str(corpus)):
        yield row, row["codes"]


def parquet(folder: Path) -> Iterator[Row]:
    import datasets
    import pyarrow.parquet

    files = sorted(map(str, folder.glob("*.parquet")))
    table = pyarrow.parquet.read_table(files[0])
    kind = table.schema.field("codes").type
    assert str(kind.value_type) == "int16", kind
    for row in datasets.load_dataset("parquet", data_files=files, split="train", cache_dir=str(folder / ".cache")):
        yield row, row["codes"]


def qwen(folder: Path) -> Iterator[Row]:
    import torch

    for line in (folder / "train_with_codes.jsonl").open():
        row = json.loads(line)
        yield {**row, "source": row["audio"]}, torch.tensor(row["audio_codes"], dtype=torch.long).numpy()


def web_dataset(folder: Path) -> Iterator[Row]:
    import webdataset

    for sample in webdataset.WebDataset(sorted(map(str, folder.glob("*.tar"))), shardshuffle=False).decode():
        assert sample["npy"].dtype == np.int16, sample["npy"].dtype
        yield sample["json"], sample["npy"]


def shar(folder: Path) -> Iterator[Row]:
    import lhotse

    for cut in lhotse.CutSet.from_shar(in_dir=str(folder)):
        codes = cut.load_target_codes()
        assert cut.target_codes.num_frames == len(codes) and codes.dtype == np.int16
        assert cut.supervisions[0].text == (cut.custom.get("text") or ""), cut
        yield {"id": cut.id, **cut.custom}, codes


def megatron(folder: Path) -> Iterator[Row]:
    from megatron.core.datasets.indexed_dataset import IndexedDataset

    indexed = IndexedDataset(str(folder / "codes"))
    lines = (folder / "clips.jsonl").read_text().splitlines()
    assert len(indexed) == len(lines) and list(indexed.document_indices) == list(range(len(lines) + 1))
    for codes, line in zip((indexed[at] for at in range(len(indexed))), lines):
        assert codes.dtype == np.int16, codes.dtype
        row = json.loads(line)
        yield row, codes.reshape(row["frames"], -1).copy()  # a view of a map that ends with the set


FORMS: dict[str, Callable[[Path], Iterator[Row]]] = {
    "load_from_disk": hugging_face, "parquet": parquet, "qwen": qwen, "webdataset": web_dataset, "shar": shar, "megatron": megatron,
}


def same(row: dict[str, Any], codes: Any, wanted: dict[str, Any]) -> None:
    """Asserts that a form says of a clip what the corpus does."""
    array = np.asarray(codes).reshape(-1, wanted["codes"].shape[1])
    assert np.array_equal(array, wanted["codes"]), f"{wanted['id']}: other codes"
    for name in COLUMNS:
        if name in row:
            told = None if name in ("text", "speaker", "language") and row[name] == "" else row[name]
            expected = wanted[name]
            close = isinstance(expected, float) and told is not None and abs(told - expected) <= 1e-6 * abs(expected)
            assert told == expected or close, f"{wanted['id']}: {name} is {told!r}, {expected!r} wanted"
    for name, value in json.loads(wanted["extra"] or "{}").items():
        inside = row if "extra" not in row else json.loads(row["extra"])
        assert inside[name] == value, f"{wanted['id']}: {name} is {inside.get(name)!r}, {value!r} wanted"


def check(form: str, folder: Path, wanted: list[dict[str, Any]]) -> None:
    """Asserts that a form has all clips of the corpus, in order."""
    rows = list(FORMS[form](folder))
    assert len(rows) == len(wanted), f"{len(rows)} clips, {len(wanted)} wanted"
    for (row, codes), expected in zip(rows, wanted):
        assert row["id"] == expected["id"], f"{row['id']} comes where {expected['id']} is wanted"
        same(row, codes, expected)


def main(corpus: Path, exports: Path) -> int:
    wanted = list(TokenDataset(corpus, verify=True))
    failed = 0
    for form in FORMS:
        try:
            check(form, corpus if form == "load_from_disk" else exports / form, wanted)
            print(f"{form}: {len(wanted)} clips equal", flush=True)
        except Exception as error:  # the report is of all forms
            failed += 1
            print(f"{form}: {type(error).__name__}: {error}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
