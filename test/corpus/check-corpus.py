"""Reads a corpus with pyarrow and, where it is installed, Hugging Face's datasets, and checks it by docs/corpus-format.md.

check-corpus.py FOLDER: ends with 0 and one line of JSON, or says what does not hold.
"""

import hashlib
import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).parent))
maker = importlib.util.module_from_spec(spec := importlib.util.spec_from_file_location("maker", Path(__file__).parent / "make-corpus.py"))
spec.loader.exec_module(maker)


def check(folder: Path) -> dict:
    info = json.loads((folder / "twelvehz.json").read_text())
    layers = info["spec"]["layers"]
    maker.COLUMNS[1] = ("codes", kind := pa.list_(pa.field("item", pa.list_(pa.field("item", pa.int16(), nullable=False), layers), nullable=False)), False)
    schema = pa.schema([pa.field(name, kind, nullable) for name, kind, nullable in maker.COLUMNS])
    rows = 0
    for shard in info["shards"]:
        data = (folder / shard["file"]).read_bytes()
        assert len(data) == shard["bytes"] and hashlib.sha256(data).hexdigest() == shard["sha256"], shard
        table = pa.ipc.open_stream(data).read_all()
        table.validate(full=True)
        assert table.schema == schema, table.schema
        for row in table.to_pylist():
            crc = row.pop("crc32c")
            row["codes"] = np.array(row["codes"], "<i2").reshape(-1, layers)
            assert crc == maker.crc32c(maker.row_bytes(row)), row["id"]
            assert row["frames"] == len(row["codes"]) and row["codes"].min(initial=0) >= 0
        rows += table.num_rows
    assert rows == info["clips"]
    assert len((folder / "rejects.jsonl").read_text().splitlines()) == info["rejected"]
    result = {"rows": rows, "shards": len(info["shards"])}
    if importlib.util.find_spec("datasets"):
        from datasets import load_from_disk

        dataset = load_from_disk(str(folder))
        assert len(dataset) == rows
        result["datasets"] = len(dataset[0]["codes"]) if rows else 0
    return result


if __name__ == "__main__":
    print(json.dumps(check(Path(sys.argv[1]))))
