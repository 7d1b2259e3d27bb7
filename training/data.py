"""From shards of recordings to batches of log bands.

A shard is a tar file with a manifest.jsonl (one JSON object per recording: file, dataset, speaker,
sampling_rate and more) and the recordings. `write_features` decodes them once:

    DIR/bands.f16       log bands of all recordings one after another, float16 [steps, 128] (92 MB per hour)
    DIR/noise.f16       the same of the noise recordings
    DIR/index.json      one object per recording: start and steps in its file, speaker, speed, validation
    DIR/validation/     recordings of speakers kept out of training, as FLAC, for PESQ

Recordings of speakers that are trained with can be written at other speeds too: a tape that runs faster raises pitch and formants
together, which makes other speakers out of few.

Training holds the features in memory (on the GPU if there is one) and cuts random pieces. Everything that
is done to a piece, is done to its bands: gain, filter, noise, reverberation. For the last two only the
input changes; the target stays clean.

Axes: B batch, L steps of a piece, N bands.
"""

from __future__ import annotations

import io
import json
import math
import multiprocessing
import tarfile
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile
import soxr
import torch
from torch import Tensor

import spectrum
from audio import audio_files, read_audio
from model import Config
from spectrum import FRAME, HOP, SAMPLE_RATE, STEPS_PER_FRAME, WINDOW_LENGTH

LEVEL = 0.08  # RMS that recordings are brought to, full scale 1
PEAK = 0.98  # but no louder than this
VALIDATION_SHARE = 25  # one in so many speakers is kept out ...
VALIDATION_SPEAKERS = 50  # ... of those datasets that have at least so many
VALIDATION_CLIPS = 60
NOISE_SECONDS = 120  # of each noise recording
NARROW_WEIGHT = 0.6  # of recordings whose source has less than the full band: they teach less about it
FULL_BAND_RATE = 22000  # Hz


# --- features ------------------------------------------------------------------------------------------


def recordings(shards: list[str]) -> Iterator[tuple[dict, bytes]]:
    """Manifest row and file of every recording."""
    for shard in shards:
        with tarfile.open(shard) as tar:
            for row in manifest(tar):
                yield row, tar.extractfile(row["file"]).read()


def manifest(tar: tarfile.TarFile) -> list[dict]:
    return [json.loads(line) for line in tar.extractfile("manifest.jsonl")]


def speaker_name(row: dict) -> str:
    return f"{row['dataset']}/{row['speaker']}"


def validation_speakers(shards: list[str]) -> set[str]:
    """Speakers kept out of training: a fixed 1 in 25, by CRC-32 of the name, of the datasets with many."""
    speakers = defaultdict(set)
    for shard in shards:
        with tarfile.open(shard) as tar:
            for row in manifest(tar):
                speakers[row["dataset"]].add(speaker_name(row))
    many = [name for names in speakers.values() if len(names) >= VALIDATION_SPEAKERS for name in names]
    return {name for name in many if zlib.crc32(name.encode()) % VALIDATION_SHARE == 0}


def at_level(pcm: np.ndarray) -> np.ndarray:
    """pcm [S] at an RMS of 0.08, less where that would clip."""
    rms, peak = np.sqrt(np.square(pcm).mean()), np.abs(pcm).max()
    return pcm * min(LEVEL / (rms + 1e-6), PEAK / (peak + 1e-6))


@lru_cache(1)
def band_filter(bands: int, single_bins: int) -> Tensor:
    """[F, N] float32"""
    return torch.from_numpy(spectrum.band_matrices(bands, single_bins)[0].T).float()


def bands_of(pcm: np.ndarray, config: Config) -> np.ndarray:
    """pcm [S], whole steps -> float16 log bands [L, N]. Float32 on purpose: half the time of `spectrum`."""
    padded = torch.from_numpy(np.pad(pcm.astype(np.float32), (spectrum.LEAD, 0)))
    window = torch.from_numpy(spectrum.WINDOW).float()
    stft = torch.stft(padded, WINDOW_LENGTH, HOP, window=window, center=False, return_complex=True)  # [F, L]
    bands = torch.log(stft.abs().t() + config.floor) @ band_filter(config.bands, config.single_bins)  # [L, N]
    return bands.half().numpy()


class BandWriter:
    """Appends recordings as float16 log bands to a file."""

    def __init__(self, path: Path, config: Config):
        self.file, self.config, self.steps = path.open("wb"), config, 0

    def write(self, pcm: np.ndarray) -> dict:
        """pcm [S], whole steps -> where it went: start and steps."""
        return self.append(bands_of(pcm, self.config))

    def append(self, bands: np.ndarray) -> dict:
        """The same of bands [L, N]."""
        self.file.write(bands.tobytes())
        place = {"start": self.steps, "steps": len(bands)}
        self.steps += len(bands)
        return place


def at_speed(pcm: np.ndarray, speed: float) -> np.ndarray:
    """pcm [S] as if the tape ran `speed` times as fast: [S / speed]."""
    return pcm if speed == 1 else soxr.resample(pcm, SAMPLE_RATE * speed, SAMPLE_RATE, "HQ")


def write_features(
    shards: list[str], noise: str | None, out: Path, config: Config, speeds: Sequence[float] = (1.0,), processes: int = 1
) -> None:
    """Decodes shards (and a folder of noise recordings) into the files described at the top, with so many processes. `speeds`:
    of each recording, 1 among them; speakers kept out stay as they are. ValueError without 1."""
    if 1 not in speeds:
        raise ValueError(f"Speeds are {list(speeds)}: 1 must be among them")
    out.mkdir(parents=True, exist_ok=True)
    (out / "validation").mkdir(exist_ok=True)
    writer, index, clips = BandWriter(out / "bands.f16", config), [], 0
    for row, pieces in versions(shards, speeds, config, processes):
        for speed, whole, bands in pieces:
            if row["validation"] and clips < VALIDATION_CLIPS:
                soundfile.write(out / "validation" / f"{clips:03}.flac", whole, SAMPLE_RATE)
                clips += 1
            source_rate = min(SAMPLE_RATE, row.get("source_sampling_rate", row["sampling_rate"])) * speed
            known = {"speaker": speaker_name(row), "source_rate": source_rate, "speed": speed, "validation": row["validation"]}
            index.append({**writer.append(bands), **known})
    noises = write_noise(Path(noise), out, config) if noise else []
    writer.file.close()
    (out / "index.json").write_text(json.dumps({"recordings": index, "noises": noises}))


Version = tuple[float, np.ndarray, np.ndarray]  # speed, samples, float16 log bands


def versions(shards: list[str], speeds: Sequence[float], config: Config, processes: int) -> Iterator[tuple[dict, list[Version]]]:
    """Manifest row, with `validation` in it, and versions of every recording, in the order of the shards."""
    kept_out = validation_speakers(shards)

    def jobs() -> Iterator[tuple]:
        for row, file in recordings(shards):
            validation = speaker_name(row) in kept_out
            yield {**row, "validation": validation}, file, (1.0,) if validation else speeds, config

    if processes == 1:
        yield from map(versions_of, jobs())
        return
    with multiprocessing.get_context("spawn").Pool(processes, torch.set_num_threads, (1,)) as pool:
        yield from pool.imap(versions_of, jobs(), chunksize=8)


def versions_of(job: tuple) -> tuple[dict, list[Version]]:
    """One recording at each of its speeds, at the common level; what is shorter than two frames is left out. In a worker."""
    row, file, speeds, config = job
    pcm, pieces = at_level(read_audio(io.BytesIO(file))), []
    for speed in speeds:
        changed = at_speed(pcm, speed)
        whole = changed[: len(changed) // FRAME * FRAME]
        if len(whole) >= 2 * FRAME:
            pieces.append((speed, whole, bands_of(whole, config)))
    return row, pieces


def write_noise(folder: Path, out: Path, config: Config) -> list[dict]:
    """Bands of the first two minutes of every noise recording -> their places."""
    writer, places = BandWriter(out / "noise.f16", config), []
    for path in audio_files(folder):
        pcm = at_level(read_audio(path)[: NOISE_SECONDS * SAMPLE_RATE])
        places.append(writer.write(pcm[: len(pcm) // HOP * HOP]))
    writer.file.close()
    return places


# --- batches -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Augmentation:
    gain_db: tuple[float, float] = (-15.6, 4.3)
    filter_db: float = 0.0  # of a random smooth filter, on input and target
    noise: float = 0.15  # share of the batch with noise in the input
    snr_db: tuple[float, float] = (5.0, 35.0)
    noise_filter_db: float = 9.0  # of a random smooth filter on the noise: there are few recordings of it
    reverberation: float = 0.0  # share of the batch with reverberation in the input
    decay_seconds: tuple[float, float] = (0.2, 0.8)  # to -60 dB
    tail_db: tuple[float, float] = (-20.0, 0.0)  # power of the tail against the direct sound


@dataclass
class Batch:
    input: Tensor  # [B, L, N] log bands that the encoder sees
    target: Tensor  # [B, L, N] log bands that the decoder shall give
    gain: Tensor  # [B, 1, 1] factor on the magnitudes of the recordings


class Corpus:
    """Features in memory, and random batches of them. All randomness comes from torch's global generators."""

    def __init__(self, folder: Path, config: Config, frames: int, device: torch.device, augmentation: Augmentation):
        index = json.loads((folder / "index.json").read_text())
        self.config, self.device, self.augmentation = config, device, augmentation
        self.length = frames * STEPS_PER_FRAME
        self.bands = self.load(folder / "bands.f16")
        self.noise = self.load(folder / "noise.f16") if index["noises"] else None
        self.noises = index["noises"]
        rows = [row for row in index["recordings"] if not row["validation"]]
        self.originals = [row for row in rows if row["speed"] == 1]
        self.validation = [row for row in index["recordings"] if row["validation"]]
        self.start = torch.tensor([row["start"] for row in rows])
        self.steps = torch.tensor([row["steps"] for row in rows])
        self.weight = torch.tensor([self.row_weight(row) for row in rows])

    def load(self, path: Path) -> Tensor:
        """float16 [steps, N]"""
        return torch.from_numpy(np.fromfile(path, np.float16).reshape(-1, self.config.bands)).to(self.device)

    def row_weight(self, row: dict) -> float:
        """Chance of a recording to be drawn: by its length, full-band sources more often."""
        full_band = row["source_rate"] >= FULL_BAND_RATE
        return max(1, row["steps"] - self.length // 2) * (1.0 if full_band else NARROW_WEIGHT)

    def recordings(self) -> Iterator[Tensor]:
        """Log bands [L, N] of each recording that is trained with, at its own speed."""
        for row in self.originals:
            yield self.bands[row["start"] : row["start"] + row["steps"]].float()

    @property
    def silence(self) -> float:
        return math.log(self.config.floor)

    def pieces(self, count: int) -> Tensor:
        """Random pieces [count, L, N]; where a recording is shorter, silence follows."""
        row = torch.multinomial(self.weight, count, replacement=True)
        room = (self.steps[row] - self.length + 1).clamp(min=1)
        offset = (torch.rand(count) * room).long()
        step = torch.arange(self.length)[None]  # [1, L]
        inside = step < self.steps[row][:, None]  # [B, L]
        place = self.start[row][:, None] + torch.where(inside, offset[:, None] + step, 0)
        bands = self.bands[place.to(self.device)].float()
        return torch.where(inside.to(self.device)[..., None], bands, torch.full_like(bands, self.silence))

    def noise_pieces(self, count: int) -> Tensor:
        """Random pieces of noise [count, L, N], repeated where the recording is shorter."""
        out = []
        for pick in torch.randint(len(self.noises), (count,)).tolist():
            start, steps = self.noises[pick]["start"], self.noises[pick]["steps"]
            offset = int(torch.randint(max(1, steps - self.length), ()))
            place = start + (offset + torch.arange(self.length)) % steps
            out.append(self.noise[place.to(self.device)].float())
        return torch.stack(out)

    def batch(self, count: int) -> Batch:
        augment = self.augmentation
        gain = 10 ** (uniform(count, augment.gain_db, self.device) / 20)
        clean = self.change_level(self.pieces(count), gain)
        if augment.filter_db:
            clean = self.change_level(clean, random_filter(count, clean.shape[2], augment.filter_db, self.device))
        degraded = clean.clone()
        noisy = round(count * augment.noise) if self.noises else 0
        wet = round(count * augment.reverberation)
        if noisy:
            degraded[:noisy] = self.add_noise(clean[:noisy], gain[:noisy])
        if wet:
            degraded[count - wet :] = self.add_reverberation(degraded[count - wet :])
        order = torch.randperm(count).to(self.device)  # so that noise and layer dropout do not go together
        return Batch(degraded[order], clean[order], gain[order])

    def linear(self, bands: Tensor) -> Tensor:
        """log bands -> magnitudes without the floor, any shape"""
        return (bands.exp() - self.config.floor).clamp(min=0)

    def change_level(self, bands: Tensor, factor: Tensor) -> Tensor:
        """Log bands [B, L, N] as if the magnitudes had been multiplied by factor, [B, 1, 1] or [B, 1, N]."""
        return torch.log(self.linear(bands) * factor + self.config.floor)

    def add_noise(self, bands: Tensor, gain: Tensor) -> Tensor:
        """Log bands [B, L, N] of speech at gain [B, 1, 1] -> of speech with noise at a random ratio."""
        ratio = 10 ** (-uniform(len(bands), self.augmentation.snr_db, self.device) / 20)
        colour = random_filter(len(bands), bands.shape[2], self.augmentation.noise_filter_db, self.device)
        return self.add_at_random_angle(bands, self.linear(self.noise_pieces(len(bands))) * colour * gain * ratio)

    def add_reverberation(self, bands: Tensor) -> Tensor:
        """Log bands [B, L, N] -> with a late tail: each step leaves power behind that decays exponentially."""
        decay = uniform(len(bands), self.augmentation.decay_seconds, self.device)  # [B, 1, 1]
        per_step = 10 ** (-6 * HOP / SAMPLE_RATE / decay)  # of power
        step = torch.arange(bands.shape[1], device=self.device)
        age = step[:, None] - step[None]  # [L, L]
        left = (1 - per_step) / per_step * per_step ** age.clamp(min=1)  # [B, L, L], sums to 1 over age
        power = (left * (age > 0)) @ self.linear(bands).square()  # [B, L, N]
        level = 10 ** (uniform(len(bands), self.augmentation.tail_db, self.device) / 10)
        return self.add_at_random_angle(bands, (level * power).sqrt())

    def add_at_random_angle(self, bands: Tensor, magnitude: Tensor) -> Tensor:
        """Log bands of a sum of two signals whose phases have nothing to do with each other, [B, L, N].

        Exact in distribution for bands of a single bin; for wider bands it varies more from step to step
        than true mixtures do."""
        own = self.linear(bands)
        cosine = torch.cos(torch.rand_like(own) * 2 * math.pi)
        power = own.square() + magnitude.square() + 2 * own * magnitude * cosine
        return torch.log(power.clamp(min=0).sqrt() + self.config.floor)

    def validation_batch(self, limit: int = 200) -> Tensor:
        """The middles of the validation recordings that are long enough: [B, L, N], always the same."""
        long = [row for row in self.validation if row["steps"] >= self.length][:limit]
        starts = torch.tensor([row["start"] + (row["steps"] - self.length) // 2 for row in long], dtype=torch.long)
        return self.bands[(starts[:, None] + torch.arange(self.length)).to(self.device)].float()


def uniform(count: int, bounds: tuple[float, float], device: torch.device) -> Tensor:
    """[count, 1, 1]"""
    low, high = bounds
    return (low + (high - low) * torch.rand(count, 1, 1)).to(device)


def random_filter(count: int, bands: int, decibels: float, device: torch.device) -> Tensor:
    """Smooth random factors [count, 1, bands]: three cosines over the bands, together within +-decibels."""
    order = torch.arange(1, 4)[:, None]
    shape = torch.cos(math.pi * order * torch.arange(bands)[None] / (bands - 1))  # [3, N]
    weight = (2 * torch.rand(count, 1, 3) - 1) * decibels / 3
    return (10 ** (weight @ shape / 20)).to(device)
