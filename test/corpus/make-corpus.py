"""Makes a corpus of random codes by docs/corpus-format.md: make-corpus.py FOLDER [CLIPS [SHARDS [SEED]]].

Written from the specification alone, with pyarrow and numpy, to try readers and checks against.
"""

import hashlib
import json
import struct
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa

LAYERS, ENTRIES, RATE, FRAME = 16, 2048, 24000, 1920
CODES = pa.list_(pa.field("item", pa.list_(pa.field("item", pa.int16(), nullable=False), LAYERS), nullable=False))
COLUMNS = [
    ("id", pa.utf8(), False), ("codes", CODES, False), ("frames", pa.int32(), False), ("sample_count", pa.int32(), False),
    ("duration", pa.float64(), False), ("text", pa.utf8(), True), ("speaker", pa.utf8(), True), ("language", pa.utf8(), True),
    ("source", pa.utf8(), False), ("offset", pa.float64(), True), ("source_rate", pa.int32(), False),
    ("level_db", pa.float32(), False), ("silence", pa.float32(), False), ("extra", pa.utf8(), True), ("crc32c", pa.uint32(), False),
]
SCHEMA = pa.schema([pa.field(name, kind, nullable) for name, kind, nullable in COLUMNS])
NUMBERS = {pa.int32(): "<i", pa.float64(): "<d", pa.float32(): "<f"}
TABLE = []
for n in range(256):
    for _ in range(8):
        n = (n >> 1) ^ (0x82F63B78 if n & 1 else 0)
    TABLE.append(n)


def crc32c(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 255] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def row_bytes(row: dict) -> bytes:
    """The bytes that crc32c is over."""
    parts = []
    for name, kind, _ in COLUMNS[:-1]:
        value = row[name]
        if value is None:
            parts.append(b"\0")
        elif name == "codes":
            parts.append(b"\1" + struct.pack("<I", len(value)) + value.astype("<i2").tobytes())
        elif kind == pa.utf8():
            parts.append(b"\1" + struct.pack("<I", len(value.encode())) + value.encode())
        else:
            parts.append(b"\1" + struct.pack(NUMBERS[kind], value))
    return b"".join(parts)


def make_row(rng: np.random.Generator, i: int) -> dict:
    frames = int(rng.integers(10, 120))
    samples = frames * FRAME - int(rng.integers(0, FRAME))
    row = {
        "id": f"clips/{i:06d}.wav", "codes": rng.integers(0, ENTRIES, (frames, LAYERS)).astype("<i2"), "frames": frames,
        "sample_count": samples, "duration": samples / RATE, "text": None if i % 7 == 3 else f"sentence {i}, “é”",
        "speaker": f"s{i % 5}", "language": ["en", "zh", None][i % 3], "source": f"clips/{i:06d}.wav",
        "offset": 0.5 * i if i % 4 == 1 else None, "source_rate": 16000, "level_db": float(np.float32(-20 - i % 9)),
        "silence": float(np.float32((i % 10) / 10)), "extra": json.dumps({"n": i}) if i % 2 else None,
    }
    return {**row, "crc32c": crc32c(row_bytes(row))}


def column(rows: list, name: str, kind: pa.DataType) -> pa.Array:
    if name != "codes":
        return pa.array([row[name] for row in rows], kind)
    values = np.concatenate([row["codes"].reshape(-1) for row in rows])
    offsets = np.cumsum([0, *(row["frames"] for row in rows)]).astype("int32")
    items = pa.FixedSizeListArray.from_arrays(pa.array(values), type=CODES.value_type)
    return pa.ListArray.from_arrays(pa.array(offsets), items, type=CODES)


def write_shard(path: Path, rows: list) -> dict:
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, SCHEMA) as writer:
        for at in range(0, len(rows), 1000):
            part = rows[at : at + 1000]
            writer.write_batch(pa.record_batch([column(part, name, kind) for name, kind, _ in COLUMNS], schema=SCHEMA))
    data = path.read_bytes()
    return {"file": path.name, "clips": len(rows), "frames": sum(r["frames"] for r in rows), "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def make_corpus(folder: Path, clips: int = 50, shards: int = 3, seed: int = 1) -> list:
    """Writes a corpus and gives its rows."""
    rng = np.random.default_rng(seed)
    rows = [make_row(rng, i) for i in range(clips)]
    folder.mkdir(parents=True, exist_ok=True)
    cuts = [clips * i // shards for i in range(shards + 1)]
    written = [write_shard(folder / f"data-{i:05d}.arrow", rows[cuts[i] : cuts[i + 1]]) for i in range(shards)]
    rejects = json.dumps({"id": "b.wav", "source": "b.wav", "code": "silent", "reason": "Cannot use \"b.wav\": it is silent"}) + "\n"
    (folder / "rejects.jsonl").write_text(rejects)
    plan = hashlib.sha256(b"fixture").hexdigest()
    state = {"_data_files": [{"filename": s["file"]} for s in written], "_fingerprint": plan[:16], "_format_columns": None,
             "_format_kwargs": {}, "_format_type": None, "_output_all_columns": False, "_split": None}
    (folder / "state.json").write_text(json.dumps(state, indent=2))
    (folder / "dataset_info.json").write_text(json.dumps({"citation": "", "description": "", "homepage": "", "license": ""}))
    frames = sum(r["frames"] for r in rows)
    spec = {"layers": LAYERS, "codebookSize": ENTRIES, "frameRate": {"numerator": 25, "denominator": 2}, "sampleRate": RATE,
            "model": {"name": "fixture", "id": "0" * 32}, "attention": "reference"}
    (folder / "twelvehz.json").write_text(json.dumps({
        "format": "twelvehz-corpus", "version": 1, "spec": spec, "clips": clips, "frames": frames,
        "seconds": sum(r["duration"] for r in rows), "rejected": 1, "shards": written,
        "rejects": {"file": "rejects.jsonl", "lines": 1, "sha256": hashlib.sha256(rejects.encode()).hexdigest()},
        "plans": [{"hash": plan, "clips": clips, "rejected": 1, "units": 1}], "machines": ["fixture"],
    }, indent=2))
    return rows


if __name__ == "__main__":
    make_corpus(Path(sys.argv[1]), *map(int, sys.argv[2:]))
