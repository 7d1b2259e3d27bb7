"""The bench of loaders: bench/results/corpus.json.

    python bench/corpus/prepare.py FOLDER DATA        # a folder of FLAC files, once
    python bench/corpus/measure.py DATA [--part equal|sizes|access|loaders|train|scale ...] [--resume] [-o FILE]

Every arm and number of workers runs in a process of its own, forked from this one. "equal" asserts that all arms give
the same batches, bit for bit; "access" times `dataset[i]` alone, "loaders" epochs, "train" a small model with them, "scale" has
larger corpora. The file is written after each, so that --resume can go on. Linux only.
"""

from __future__ import annotations

import argparse
import datetime
import json
import multiprocessing
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from arms import ARMS, BATCH, ROOT
from run_arm import loading, training

HERE = Path(__file__).resolve().parent
WORKERS = (2, 0, 4)
TRAINED = [name for name in ARMS if ARMS[name].codes]
ACCESSED = ("jsonl", "npy", "hf", "ours")
RUNS = {2: 3, 0: 1, 4: 1}
"""By the number of workers."""
SIZES = (1_000, 100_000, 1_000_000)
PACKAGES = ("numpy", "pyarrow", "torch", "datasets")


def runs_of(name: str, workers: int) -> int:
    """How often an arm is run: one that takes minutes, less often."""
    return RUNS[workers] if name != "codec" else RUNS[workers] // 2 + 1


Parts = Iterator[dict[str, Any]]


def run(script: str, *arguments: Any) -> dict[str, Any]:
    """The last line that a script of this folder prints."""
    command = [sys.executable, str(HERE / script), *map(str, arguments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    print(done.stdout.strip()[:300], file=sys.stderr, flush=True)
    return json.loads(done.stdout.splitlines()[-1])


def forked(work: Callable[..., dict[str, Any]], *arguments: Any) -> dict[str, Any]:
    """The result of a function in a process of its own, which finds all packages loaded; its memory
    is counted with that of this one."""
    import datasets  # noqa: F401
    import torch.utils.data  # noqa: F401
    import twelvehz_data.stream  # noqa: F401

    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=lambda: theirs.send(work(*arguments)))
    process.start()
    theirs.close()
    result: dict[str, Any] = ours.recv()
    process.join()
    print(json.dumps(result)[:300], file=sys.stderr, flush=True)
    return result


def equal(data: Path, *_: Any) -> Parts:
    """Asserts that every arm gives the batches of `TokenDataset` without workers."""
    wanted = run("run_arm.py", data, "ours", 0, "--digest")["digests"]
    for name, workers in [(name, workers) for name in ARMS if ARMS[name].codes for workers in (0, 2)]:
        got = run("run_arm.py", data, name, workers, "--digest")["digests"]
        if got != wanted[: len(got)] or not got:
            raise SystemExit(f"The batches of {name} with {workers} workers are not those of TokenDataset")
    yield {"equal": {"batches": len(wanted), "arms": [name for name in ARMS if ARMS[name].codes], "workers": [0, 2]}}


def sizes(data: Path, *_: Any) -> Parts:
    about = json.loads((data / "about.json").read_text())
    size = {name: sum(file.stat().st_size for file in (data / name).rglob("*") if file.is_file()) for name in ("flac", "npy", "corpus")}
    size["jsonl"] = (data / "codes.jsonl").stat().st_size
    size["pcm16kHz"] = round(about["seconds"] * 32_000)
    yield {"clips": about["clips"], "recordings": about["recordings"], "hours": about["seconds"] / 3600, "bytes": size, "batch": BATCH}


def loaders(data: Path, known: list[Any], wanted: Sequence[int] = WORKERS) -> Parts:
    for name, workers in [(name, workers) for workers in wanted for name in ARMS]:
        if (name, workers, 0) not in known:
            yield {"loaders": [forked(loading, name, data, workers, runs_of(name, workers))]}


def access(data: Path, known: list[Any]) -> Parts:
    for name in ACCESSED:
        if (name, None, 0) not in known:
            yield {"access": [run("run_arm.py", data, name, 0, "--access")]}


def train(data: Path, known: list[Any]) -> Parts:
    for name in TRAINED:
        if (name, 2, 0) not in known:
            yield {"train": [forked(training, name, data, 2, runs_of(name, 2))]}


def scale(data: Path, known: list[Any]) -> Parts:
    folder = data.parent / f"{data.name}-scale"
    compare = {100_000: ["--compare"]}
    for clips in SIZES:
        if (None, 4, clips) not in known:
            yield {"scale": [run("scale.py", folder, clips, *compare.get(clips, []))]}


def merged(before: list[dict[str, Any]], now: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of one part: those measured now, and of the others what was measured before."""
    rows = {key_of(row): row for row in [*before, *now]}
    return [rows[key] for key in sorted(rows, key=str)]


def key_of(row: dict[str, Any]) -> tuple[str | None, int | None, int]:
    """What a row is of: arm, workers, and the size of the corpus where there is no arm."""
    return row.get("arm"), row.get("workers"), 0 if "arm" in row else row["clips"]


PARTS = {"equal": equal, "sizes": sizes, "access": access, "loaders": loaders, "train": train, "scale": scale}


def measured() -> dict[str, Any]:
    commit = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    model = next(line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name"))
    processors = Path("/proc/cpuinfo").read_text().count("model name")
    return {
        "command": "python bench/corpus/measure.py DATA", "commit": commit.stdout.strip() or "unknown",
        "date": datetime.date.today().isoformat(), "machine": f"{model}, {processors} processors",
        "python": platform.python_version(), **{name: version(name) for name in PACKAGES},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--part", choices=list(PARTS), action="append")
    parser.add_argument("--workers", type=int, action="append", help="of the part loaders, only so many")
    parser.add_argument("--resume", action="store_true", help="leave out what the file has already")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "bench/results/corpus.json")
    options = parser.parse_args()
    result = json.loads(options.output.read_text()) if options.output.exists() else {}
    for part in options.part or list(PARTS):
        work = partial(loaders, wanted=options.workers) if part == "loaders" and options.workers else PARTS[part]
        known = [key_of(row) for row in result.get(part, [])] if options.resume and isinstance(result.get(part), list) else []
        if options.resume and part in result and not known:
            continue
        for piece in work(options.data, known):
            for name, value in piece.items():
                result[name] = merged(result.get(name, []), value) if isinstance(value, list) else value
            result["measured"] = measured()
            options.output.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
