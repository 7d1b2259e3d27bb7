"""Corpora for tests, written by pyarrow after docs/corpus-format.md: not by the code under test."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

LAYERS = 16
SIZE = 2048


def required(name: str, kind: pa.DataType) -> pa.Field:
    return pa.field(name, kind, nullable=False)


def codes_type(layers: int = LAYERS) -> pa.DataType:
    return pa.list_(required("item", pa.list_(required("item", pa.int16()), layers)))


def schema(layers: int = LAYERS) -> pa.Schema:
    return pa.schema([
        required("id", pa.utf8()), required("codes", codes_type(layers)), required("frames", pa.int32()),
        required("sample_count", pa.int32()), required("duration", pa.float64()), pa.field("text", pa.utf8()),
        pa.field("speaker", pa.utf8()), pa.field("language", pa.utf8()), required("source", pa.utf8()),
        pa.field("offset", pa.float64()), required("source_rate", pa.int32()), required("level_db", pa.float32()),
        required("silence", pa.float32()), pa.field("extra", pa.utf8()), required("crc32c", pa.uint32()),
    ])


def clip_codes(number: int, frames: int, layers: int = LAYERS) -> np.ndarray[Any, np.dtype[np.int16]]:
    """The codes of the clip of that number: any process can make them again."""
    return np.random.default_rng(number).integers(0, SIZE, (frames, layers), dtype=np.int16)


Source = Callable[[int, int, int], "np.ndarray[Any, np.dtype[np.int16]]"]


def _batch(numbers: Sequence[int], lengths: Sequence[int], layers: int, source: Source) -> pa.RecordBatch:
    codes = [source(number, frames, layers) for number, frames in zip(numbers, lengths)]
    values = np.concatenate([np.zeros((0, layers), np.int16), *codes]).reshape(-1)
    kind = codes_type(layers)
    frames = pa.FixedSizeListArray.from_arrays(pa.array(values), type=kind.value_type)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    count = len(numbers)
    columns = [
        pa.array([f"clip-{number}" for number in numbers]), pa.ListArray.from_arrays(pa.array(offsets), frames, type=kind),
        pa.array(lengths, pa.int32()), pa.array([1920 * one for one in lengths], pa.int32()),
        pa.array([one * 0.08 for one in lengths], pa.float64()),
        pa.array([None if number % 5 == 4 else f"Satz Nr. {number}, 你好" for number in numbers], pa.utf8()),
        pa.array([f"speaker-{number % 3}" for number in numbers]), pa.array(["de"] * count),
        pa.array([f"clips/{number}.flac" for number in numbers]), pa.array([None] * count, pa.float64()),
        pa.array([16000] * count, pa.int32()), pa.array([-23.5] * count, pa.float32()),
        pa.array([0.125] * count, pa.float32()), pa.array([json.dumps({"take": number}) for number in numbers]),
        pa.array([0] * count, pa.uint32()),
    ]
    return pa.record_batch(columns, schema=schema(layers))


def write_corpus(
    folder: Path, lengths: Sequence[int], *, shard_clips: int = 10, batch_clips: int = 4, layers: int = LAYERS,
    source: Source = clip_codes,
) -> Path:
    """A corpus of clips of these lengths in frames; the clip `number` has the codes of `source`."""
    folder.mkdir(parents=True)
    shards = []
    for number, begin in enumerate(range(0, len(lengths), shard_clips)):
        end = min(begin + shard_clips, len(lengths))
        file = folder / f"data-{number:05d}.arrow"
        with pa.OSFile(str(file), "wb") as out, pa.ipc.new_stream(out, schema(layers)) as writer:
            for at in range(begin, end, batch_clips):
                rows = range(at, min(at + batch_clips, end))
                writer.write_batch(_batch(rows, [lengths[row] for row in rows], layers, source))
        content = file.read_bytes()
        shards.append({
            "file": file.name, "clips": end - begin, "frames": sum(lengths[begin:end]), "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        })
    write_manifest(folder, manifest(shards, layers))
    return folder


def manifest(shards: list[dict[str, Any]], layers: int = LAYERS) -> dict[str, Any]:
    frames = sum(shard["frames"] for shard in shards)
    return {
        "format": "twelvehz-corpus", "version": 1,
        "spec": {
            "layers": layers, "codebookSize": SIZE, "frameRate": {"numerator": 25, "denominator": 2}, "sampleRate": 24000,
            "model": {"name": "test-model", "id": "0123456789abcdef" * 2}, "attention": "reference",
        },
        "clips": sum(shard["clips"] for shard in shards), "frames": frames, "seconds": frames * 0.08, "rejected": 0,
        "shards": shards, "rejects": {"file": "rejects.jsonl", "lines": 0, "sha256": hashlib.sha256(b"").hexdigest()},
        "plans": [{"hash": "ab" * 32, "clips": 0, "rejected": 0, "units": 1}], "machines": ["test"],
    }


def write_manifest(folder: Path, content: dict[str, Any]) -> None:
    (folder / "twelvehz.json").write_text(json.dumps(content))
    (folder / "dataset_info.json").write_text(json.dumps({"citation": "", "description": "", "homepage": "", "license": ""}))
    (folder / "state.json").write_text(json.dumps({
        "_data_files": [{"filename": shard["file"]} for shard in content["shards"]], "_fingerprint": "ab" * 8,
        "_format_columns": None, "_format_kwargs": {}, "_format_type": None, "_output_all_columns": False, "_split": None,
    }))
    (folder / "rejects.jsonl").write_text("")
