"""One arm with one number of workers, in a process of its own; prints a line of JSON.

    python bench/corpus/run_arm.py DATA ARM WORKERS [--runs 5] [--digest | --train | --access]
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import itertools
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from arms import ARMS, PAD, loader

TRAIN_BATCHES = 8


def memory_of(pids: list[int]) -> dict[str, float]:
    """Proportional set sizes of processes, summed, in MB: what is anonymous or shared between them,
    and what is pages of files."""
    sums = {"Pss_Anon": 0, "Pss_Shmem": 0, "Pss_File": 0}
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            name, _, rest = line.partition(":")
            if name in sums:
                sums[name] += int(rest.split()[0])
    return {"anonymousMB": (sums["Pss_Anon"] + sums["Pss_Shmem"]) / 1e3, "filePagesMB": sums["Pss_File"] / 1e3}


def private_megabytes(pid: int) -> float:
    """What a process has for itself alone and is no unwritten page of a file, in MB."""
    total, of_file = 0, False
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        head = line.split()
        if "-" in head[0] and not head[0].endswith(":"):
            of_file = head[4] != "0"
        elif head[0] == "Private_Dirty:" or (head[0] == "Private_Clean:" and not of_file):
            total += int(head[1])
    return total / 1e3


def children() -> list[int]:
    me = os.getpid()
    return [int(pid) for pid in Path(f"/proc/{me}/task/{me}/children").read_text().split()]


def drop_from_cache(data: Path) -> None:
    """Asks the system to forget the pages of all files of the data."""
    os.sync()
    for file in data.rglob("*"):
        if file.is_file():
            handle = os.open(file, os.O_RDONLY)
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(handle)


def digests(name: str, data: Path, workers: int) -> dict[str, Any]:
    """A digest of the codes and names of every batch, in order."""
    batches, count = loader(name, data, workers)
    result = []
    for batch in itertools.islice(batches, count):
        names = hashlib.sha256("\n".join(batch["id"]).encode()).hexdigest()[:16]
        codes = hashlib.sha256(batch["codes"].numpy().tobytes()).hexdigest()[:16] if ARMS[name].codes else None
        result.append([names, codes])
    return {"arm": name, "workers": workers, "digests": result}


def processor_seconds() -> float:
    """What this process and its children have used."""
    ticks = 0
    for pid in [os.getpid(), *children()]:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def timed_epoch(batches: Any, count: int) -> tuple[float, float, int]:
    """Seconds and processor seconds of an epoch from the first request on, and its clips."""
    begin, used, clips = time.perf_counter(), processor_seconds(), 0
    for batch in itertools.islice(batches, count):
        clips += len(batch["id"])
    return time.perf_counter() - begin, processor_seconds() - used, clips


def loading(name: str, data: Path, workers: int, runs: int) -> dict[str, Any]:
    """Epochs with cold files and new workers, then with both warm; the memory after these."""
    cold, warm, used, opened, memory = [], [], [], [], []
    for _ in range(runs):
        drop_from_cache(data)
        begin = time.perf_counter()
        batches, count = loader(name, data, workers)
        opened.append(time.perf_counter() - begin)
        seconds, _, clips = timed_epoch(batches, count)
        cold.append(clips / seconds)
        seconds, processor, clips = timed_epoch(batches, count)
        warm.append(clips / seconds)
        used.append(1000 * processor / clips)
        memory.append(memory_of([os.getppid(), os.getpid(), *children()]))
        del batches
        gc.collect()
    middle = {key: float(np.median([one[key] for one in memory])) for key in memory[0]}
    return {
        "arm": name, "workers": workers, "runs": runs, "clips": clips, "openSeconds": float(np.median(opened)), **middle,
        "cold": quartiles(cold), "warm": quartiles(warm), "processorMs": quartiles(used),
    }


def access(name: str, data: Path, runs: int) -> dict[str, Any]:
    """Clips a processor second of `dataset[i]` alone, in the order of the epoch: no loader, no collate."""
    rows = [row for batch in loader(name, data, 0)[0].batch_sampler for row in batch]
    dataset = ARMS[name].open(data)
    rates = []
    for _ in range(runs):
        begin = time.process_time()
        for row in rows:
            dataset[row]
        rates.append(len(rows) / (time.process_time() - begin))
    return {"arm": name, "clipsPerSecond": quartiles(rates)}


def quartiles(values: list[float]) -> list[float]:
    """First quartile, median, third quartile."""
    return [float(one) for one in np.percentile(values, [25, 50, 75])]


def trainer() -> Any:
    """A step of a small language model over codes, on one thread: 16 embeddings, two layers of 256,
    and the next code of the first layer as what is predicted."""
    import torch
    from torch import nn

    torch.set_num_threads(1)
    torch.manual_seed(0)
    books = nn.ModuleList(nn.Embedding(PAD + 1, 256) for _ in range(16))
    body = nn.TransformerEncoder(nn.TransformerEncoderLayer(256, 4, 512, batch_first=True, dropout=0), 2)
    head = nn.Linear(256, PAD)
    optimizer = torch.optim.SGD([*books.parameters(), *body.parameters(), *head.parameters()], 1e-3)

    def step(codes: Any) -> None:
        hidden = body(sum(book(codes[:, :-1, k]) for k, book in enumerate(books)))
        scores = head(hidden).reshape(-1, PAD)
        wanted = codes[:, 1:, 0].reshape(-1)
        loss = nn.functional.cross_entropy(scores, wanted, ignore_index=PAD)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


def training(name: str, data: Path, workers: int, runs: int) -> dict[str, Any]:
    """Seconds a batch, loading and step together, over the first batches of the epoch."""
    step, seconds, waits = trainer(), [], []
    for _ in range(runs):
        batches, count = loader(name, data, workers, TRAIN_BATCHES)
        timed = _train(iter(batches), min(count, TRAIN_BATCHES), step)
        seconds.append(timed[0])
        waits.append(timed[1])
    return {"arm": name, "workers": workers, "runs": runs, "seconds": quartiles(seconds), "waiting": float(np.median(waits))}


def _train(batches: Iterator[Any], count: int, step: Any) -> tuple[float, float]:
    """Seconds a batch, and the part of them that was spent waiting; the first batch is not counted."""
    step(next(batches)["codes"])
    begin, waited = time.perf_counter(), 0.0
    for _ in range(count - 1):
        asked = time.perf_counter()
        batch = next(batches)
        waited += time.perf_counter() - asked
        step(batch["codes"])
    total = time.perf_counter() - begin
    return total / (count - 1), waited / total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("arm", choices=list(ARMS))
    parser.add_argument("workers", type=int)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--digest", action="store_true")
    parser.add_argument("--train", action="store_true")
    parser.add_argument("--access", action="store_true")
    options = parser.parse_args()
    if options.digest:
        result = digests(options.arm, options.data, options.workers)
    elif options.access:
        result = access(options.arm, options.data, options.runs)
    else:
        measure = training if options.train else loading
        result = measure(options.arm, options.data, options.workers, options.runs)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
