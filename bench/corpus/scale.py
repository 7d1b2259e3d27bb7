"""What a worker of `TokenStream` has for itself alone at several sizes of a corpus, and how long it
takes to go on in the middle of an epoch. Prints a line of JSON.

    python bench/corpus/scale.py FOLDER CLIPS [--workers 4] [--compare]
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from arms import PAD, ROOT  # noqa: F401  (finds the packages)
from run_arm import children, private_megabytes

BATCH = 32
BATCHES = 300
RUNS = 5


def corpus_of(folder: Path, clips: int) -> Path:
    """A corpus of random codes, about two seconds a clip; kept from one run to the next."""
    from tests.corpora import write_corpus

    path = folder / f"clips-{clips}"
    if not path.exists():
        lengths = np.random.default_rng(0).integers(10, 41, clips).tolist()
        pool = np.random.default_rng(1).integers(0, PAD, (1 << 16, 16), dtype=np.int16)
        write_corpus(
            path, lengths, shard_clips=100_000, batch_clips=1000,
            source=lambda number, frames, _: pool[number % 65_000 : number % 65_000 + frames],
        )
    return path


def stream_of(path: Path) -> Any:
    from twelvehz_data import TokenDataset, TokenStream, collate

    return TokenStream(TokenDataset(path), BATCH, collate=collate(pad=PAD), seed=7)


def loader_of(stream: Any, workers: int) -> Any:
    from torch.utils.data import DataLoader

    return DataLoader(stream, batch_size=None, num_workers=workers, persistent_workers=workers > 0)


def privately(path: Path, workers: int) -> list[float]:
    """MB that each worker has for itself after some batches."""
    batches = iter(loader_of(stream_of(path), workers))
    for _ in itertools.islice(batches, BATCHES):
        pass
    return sorted(private_megabytes(pid) for pid in children())


def resumed(path: Path, workers: int) -> list[float]:
    """Seconds from opening the corpus to the first batch in the middle of an epoch."""
    seconds = []
    for _ in range(RUNS):
        begin = time.perf_counter()
        stream = stream_of(path)
        stream.load_state_dict(stream.state_at(len(stream) // 2))
        next(iter(loader_of(stream, workers)))
        seconds.append(time.perf_counter() - begin)
    return seconds


def equal_after_resume(path: Path, workers: int) -> bool:
    """Whether the second half of an epoch is the same bits after going on as without a break."""
    whole = stream_of(path)
    middle = len(whole) // 2
    other = stream_of(path)
    other.load_state_dict(whole.state_at(middle))
    rest = itertools.islice(loader_of(whole, workers), middle, None)
    pairs = itertools.zip_longest(rest, loader_of(other, workers))
    return all(
        one is not None and two is not None and one["id"] == two["id"] and bool((one["codes"] == two["codes"]).all())
        for one, two in pairs
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("clips", type=int)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--compare", action="store_true")
    options = parser.parse_args()
    path = corpus_of(options.folder, options.clips)
    result: dict[str, Any] = {"clips": options.clips, "workers": options.workers}
    result["privateMB"] = max(privately(path, options.workers))
    result["resumeSeconds"] = float(np.median(resumed(path, options.workers)))
    if options.compare and not equal_after_resume(path, options.workers):
        raise SystemExit("The batches after going on are others")
    print(json.dumps({**result, "compared": options.compare}))


if __name__ == "__main__":
    main()
