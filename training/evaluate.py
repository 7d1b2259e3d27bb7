"""Scores of a model on a folder of clips: PESQ (ITU-T P.862, wide and narrow band), STOI, ESTOI, and how
its codebooks are used. Clips are cut at 12 s and resampled to 24 kHz; nothing else is done to them.

PyPI `pesq` runs at 16 kHz (wide band) and 8 kHz (narrow band), `pystoi` at the 24 kHz given.
"""

from __future__ import annotations

import json
import multiprocessing
from pathlib import Path

import numpy as np
import soxr
import torch

from audio import audio_files, read_audio
from export import load_model
from model import Compact, Config
from spectrum import SAMPLE_RATE

LIMIT_SECONDS = 12
LAYERS = (16, 8, 4)
FEATURE_FRAMES = 100_000  # 2.2 h: 49 for each of 2048 entries
METRICS = ("pesq_wb", "pesq_nb", "stoi", "estoi")


def read_clips(folder: Path | str) -> list[tuple[str, np.ndarray]]:
    """Every audio file of a folder, by name: (name, pcm [S] at 24 kHz)."""
    return [(path.name, read_audio(path)[: LIMIT_SECONDS * SAMPLE_RATE]) for path in audio_files(folder)]


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


def mix(clean: np.ndarray, noise: np.ndarray, snr_db: float) -> np.ndarray:
    """clean [S] with noise, repeated to its length, at a ratio of mean powers in dB."""
    noise = np.resize(noise, len(clean))
    ratio = np.sqrt(np.square(clean).mean() / (np.square(noise).mean() + 1e-12)) * 10 ** (-snr_db / 20)
    return clean + (noise * ratio).astype(np.float32)


def codebook_use(codes: np.ndarray, size: int) -> list[dict]:
    """codes [T, K] -> per layer: perplexity (2^entropy), entries that never occur, entropy in bits. Where T
    is below some 20 times `size`, perplexity comes out too low and dead too high."""
    use = []
    for column in codes.T:
        share = np.bincount(column, minlength=size) / len(column)
        entropy = float(-(share[share > 0] * np.log2(share[share > 0])).sum())
        dead = int((share == 0).sum())
        use.append({"perplexity": round(2**entropy, 1), "dead": dead, "entropy_bits": round(entropy, 3)})
    return use


def evaluate_clip(model: Compact, clean: np.ndarray, noisy: np.ndarray | None = None) -> tuple[dict, np.ndarray]:
    """clean [S] and what goes into the codec if it is something else -> scores against the clean one by
    number of layers (and of the noisy input, under "input"), and codes [T, K]."""
    codes = model.encode(clean if noisy is None else noisy)
    reference = clean.astype(np.float64)
    decoded = {str(n): np.clip(model.decode(codes, n)[: len(clean)], -1, 1) for n in LAYERS}
    if noisy is not None:
        decoded["input"] = noisy.astype(np.float64)
    return {key: score(reference, signal) for key, signal in decoded.items()}, codes.numpy()


_model: Compact | None = None  # of a worker process


def start_worker(folder: str) -> None:
    global _model
    torch.set_num_threads(1)
    _model = load_model(folder)


def work(job: tuple) -> tuple[dict, np.ndarray]:
    return evaluate_clip(_model, *job)


def mean_scores(scores: list[dict]) -> dict:
    """Scores by key and metric of many clips -> their means."""

    def mean(key: str, metric: str) -> float:
        return round(float(np.mean([clip[key][metric] for clip in scores])), 4)

    return {key: {metric: mean(key, metric) for metric in METRICS} for key in scores[0]}


def feature_codes(folder: Path | str, frames: int = FEATURE_FRAMES) -> np.ndarray:
    """Codes [T, K], T about `frames`, of recordings of a features folder at their own speed, in a fixed random order. In a worker."""
    model = _model
    rows = json.loads((Path(folder) / "index.json").read_text())["recordings"]
    index = [row for row in rows if row["speed"] == 1]
    bands = np.memmap(Path(folder) / "bands.f16", np.float16, "r").reshape(-1, model.config.bands)
    codes, count = [], 0
    for i in np.random.default_rng(0).permutation(len(index)):
        start, steps = index[i]["start"], index[i]["steps"]
        with torch.no_grad():
            piece = torch.from_numpy(bands[start : start + steps].astype(np.float32))
            codes.append(model.quantize(model.encode_latent(piece[None])[0]).numpy())
        count += len(codes[-1])
        if count >= frames:
            break
    return np.concatenate(codes)


def report(
    folder: str,
    clips_folder: str,
    noise_folder: str | None = None,
    snr_db: float = 20.0,
    features_folder: str | None = None,
    processes: int = 2,
) -> dict:
    """Everything about the model in `folder` on the clips in `clips_folder`, ready for JSON. With a folder
    of noise recordings the model codes noisy speech (clip i with recording i, in turn). With a features
    folder codebook use is counted there too, over some 2 h: clips alone are too few for 2048 entries."""
    clips = read_clips(clips_folder)
    noises = [pcm for _, pcm in read_clips(noise_folder)] if noise_folder else []
    jobs = [(pcm, mix(pcm, noises[i % len(noises)], snr_db) if noises else None) for i, (_, pcm) in enumerate(clips)]
    config = Config.read(Path(folder) / "config.json")
    with multiprocessing.get_context("spawn").Pool(processes, start_worker, (folder,)) as pool:
        counted = pool.apply_async(feature_codes, (features_folder,)) if features_folder else None
        results = pool.map(work, jobs, chunksize=1)
        on_features = codebook_use(counted.get(), config.codebook_size) if counted else None
    scores = [scores for scores, _ in results]
    return {
        "model": config.name,
        "clips": len(clips),
        "noise": {"snr_db": snr_db, "recordings": len(noises)} if noises else None,
        "mean": mean_scores(scores),
        "codebooks": codebook_use(np.concatenate([codes for _, codes in results]), config.codebook_size),
        "codebooks_on_features": on_features,
        "by_clip": {name: s for (name, _), s in zip(clips, scores, strict=True)},
    }
