"""Scores of a model on a folder of clips: PESQ (ITU-T P.862, wide and narrow band), STOI, ESTOI, and how
its codebooks are used. Clips are cut at 12 s and resampled to 24 kHz; nothing else is done to them.

PyPI `pesq` runs at 16 kHz (wide band) and 8 kHz (narrow band), `pystoi` at the 24 kHz given.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import soundfile
import soxr
import torch

from export import load_model
from spectrum import SAMPLE_RATE

LIMIT_SECONDS = 12
AUDIO_SUFFIXES = {".flac", ".wav", ".ogg", ".opus", ".mp3"}
LAYERS = (16, 8, 4)
METRICS = ("pesq_wb", "pesq_nb", "stoi", "estoi")


def read_audio(file) -> np.ndarray:
    """Path or file object -> mono float32 at 24 kHz."""
    pcm, rate = soundfile.read(file, dtype="float32")
    if pcm.ndim > 1:
        pcm = pcm.mean(1)
    return pcm if rate == SAMPLE_RATE else soxr.resample(pcm, rate, SAMPLE_RATE, "HQ")


def read_clips(folder: Path | str) -> list[tuple[str, np.ndarray]]:
    """Every audio file of a folder, by name: (name, pcm [S] at 24 kHz)."""
    files = sorted(path for path in Path(folder).iterdir() if path.suffix in AUDIO_SUFFIXES)
    return [(path.name, read_audio(path)[: LIMIT_SECONDS * SAMPLE_RATE]) for path in files]


def score(reference: np.ndarray, degraded: np.ndarray) -> dict[str, float]:
    """Two signals [S] at 24 kHz -> the four METRICS."""
    from pesq import pesq
    from pystoi import stoi

    wide = [soxr.resample(x, SAMPLE_RATE, 16000, "HQ") for x in (reference, degraded)]
    narrow = [soxr.resample(x, SAMPLE_RATE, 8000, "HQ") for x in (reference, degraded)]
    return {
        "pesq_wb": float(pesq(16000, *wide, "wb")),
        "pesq_nb": float(pesq(8000, *narrow, "nb")),
        "stoi": float(stoi(reference, degraded, SAMPLE_RATE)),
        "estoi": float(stoi(reference, degraded, SAMPLE_RATE, extended=True)),
    }


def evaluate_clip(model, pcm: np.ndarray, layers: Iterable[int] = LAYERS, coded: np.ndarray | None = None) -> tuple[dict, np.ndarray]:
    """pcm [S] -> scores by number of layers, and codes [T, K]. `coded`: what goes into the codec, if that
    is not the reference itself (speech with noise)."""
    codes = model.encode(pcm if coded is None else coded)
    reference = pcm.astype(np.float64)
    scores = {}
    for count in layers:
        decoded = np.clip(model.decode(codes, count)[: len(pcm)], -1, 1)
        scores[count] = score(reference, decoded)
    return scores, codes.numpy()


def codebook_use(codes: np.ndarray, size: int) -> list[dict]:
    """codes [T, K] -> per layer: perplexity (2^entropy), share of the entries that occur, entropy in bits."""
    use = []
    for column in codes.T:
        share = np.bincount(column, minlength=size) / len(column)
        entropy = float(-(share[share > 0] * np.log2(share[share > 0])).sum())
        use.append({"perplexity": round(2**entropy, 1), "used": round(float((share > 0).mean()), 4), "entropy_bits": round(entropy, 3)})
    return use


_model = None  # of a worker process


def start_worker(folder: str) -> None:
    global _model
    torch.set_num_threads(1)
    _model = load_model(folder)


def work(job: tuple[str, np.ndarray, np.ndarray | None]) -> tuple[str, dict, np.ndarray]:
    name, pcm, coded = job
    return name, *evaluate_clip(_model, pcm, coded=coded)


def evaluate(folder: str, clips: list[tuple], processes: int = 2) -> dict:
    """Model folder, clips as (name, pcm) or (name, clean, noisy) -> means by number of layers, scores by clip."""
    jobs = [(clip[0], clip[1], clip[2] if len(clip) > 2 else None) for clip in clips]
    with multiprocessing.get_context("spawn").Pool(processes, start_worker, (folder,)) as pool:
        results = pool.map(work, jobs, chunksize=1)
    by_clip = {name: scores for name, scores, _ in results}
    mean = {
        count: {metric: round(float(np.mean([s[count][metric] for s in by_clip.values()])), 4) for metric in METRICS}
        for count in LAYERS
    }
    return {"clips": len(by_clip), "mean": mean, "by_clip": by_clip, "codes": np.concatenate([c for *_, c in results])}
