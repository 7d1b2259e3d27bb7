"""What a decoder is held to while another term pulls: measures of the bands that may not get worse than the first decoder's.

`Measured` has them, close to what the judges of a checkpoint measure on samples (`bench/quality/judges.mjs`). `Multipliers` weighs
each by how far it is off: no weight where it is better than it was, more and more where it is worse. A term with a fixed weight
is paid for at a fixed price, however large the sum; a multiplier finds the price at which nothing is lost (the method of
multipliers: Bertsekas, "Constrained Optimization and Lagrange Multiplier Methods", 1982, chapter 2).

Axes: B batch, L steps at 100 Hz, N log bands, F bins, M mel bands.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

import spectrum
from periodicity import Periodicity, mean_over
from pitch import Pitch

DECIBELS = 10 / math.log(10)  # of the natural log of a ratio of powers
FLOOR = 1e-8  # powers are raised to this share of the loudest of the recording
COEFFICIENTS = 13  # 1 to 13 of the cepstrum
MEL_BANDS, MEL_HIGHEST = 80, 12_000.0
CEPSTRAL_BANDS, CEPSTRAL_HIGHEST = 40, 8_000.0
PAUSE, LOUD = 10**-3.0, 10**-2.5  # shares of the power of the loudest step: below the one, above the other
SILENT_POWER = 0.05  # summed over bins: a step with less is digital silence, no pause
QUIETEST_POWER = 0.02  # of a decoded step: with less it is as if with so much
WIDE_BANDS = ((0, 8), (8, 80), (80, 240), (240, 320))  # bins: to 200 Hz, 2, 6 and 8 kHz
SILENT_PIECE = 1e-3  # power in a wide band of a whole piece below which its level does not matter
COMB_BINS = 9  # width in single bins of the envelope under the harmonics: 225 Hz
EPSILON = 1e-6


def mel_filters(count: int, highest: float) -> np.ndarray:
    """[F, M]: triangles of equal widths in mel from 0 to `highest` Hz; where no bin lies under one, the bin next to its centre."""
    mel = 2595 * math.log10(1 + highest / 700) * np.arange(count + 2) / (count + 1)
    edges = 700 * (10 ** (mel / 2595) - 1)
    hertz = np.arange(spectrum.BINS)[:, None] * spectrum.SAMPLE_RATE / spectrum.WINDOW_LENGTH
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    filters = np.clip(np.minimum((hertz - low) / (centre - low), (high - hertz) / (high - centre)), 0, None)
    for band in np.flatnonzero(filters.sum(0) == 0):
        filters[np.abs(hertz[:, 0] - centre[band]).argmin(), band] = 1
    return filters


def cosines(count: int) -> np.ndarray:
    """[M, 13]: rows 1 to 13 of the orthonormal DCT-II of `count` bands."""
    d, band = np.arange(1, COEFFICIENTS + 1), np.arange(count)[:, None] + 0.5
    return math.sqrt(2 / count) * np.cos(math.pi * d * band / count)


class Measured:
    """The measures, for one configuration of bands. All get larger where a decoder gets worse."""

    def __init__(self, bands: int, single_bins: int, floor: float, device: torch.device):
        def tensor(values: np.ndarray) -> Tensor:
            return torch.from_numpy(values).float().to(device)

        self.floor, self.single_bins = floor, single_bins
        self.to_bins = tensor(spectrum.band_matrices(bands, single_bins)[1].T)  # [N, F]
        self.mel = tensor(mel_filters(MEL_BANDS, MEL_HIGHEST))
        self.cepstral = tensor(mel_filters(CEPSTRAL_BANDS, CEPSTRAL_HIGHEST))
        self.cosines = tensor(cosines(CEPSTRAL_BANDS))
        self.periodicity, self.pitch = Periodicity(device), Pitch(device)

    def powers(self, bands: Tensor) -> Tensor:
        """log bands [B, L, N] -> powers of bins [B, L, F]"""
        return ((bands @ self.to_bins).exp() - self.floor).clamp(min=spectrum.MAGNITUDE_MIN).square()

    def terms(self, decoded: Tensor, target: Tensor) -> dict[str, Tensor]:
        """log bands [B, L, N] twice -> scalars: `mel`, mean distance of 80 mel bands, dB; `cepstrum`, mel-cepstral distance, dB;
        `spectrum`, distance of the spectra, dB; `pause`, level in pauses, dB; `comb`, how little of the recording's harmonics
        is decoded, squares of nepers; `level`, how far four wide bands of a piece are off, dB; `voiced` and `unvoiced`, periods
        lost and periods made up (periodicity.py); `pitch_lost`, `pitch_made`, `pitch_fine`, `pitch_near`, where a judge of pitch finds the period
        (pitch.py). What lies 80 dB below the loudest of the recording is raised to there in
        distances."""
        x, y = self.powers(target), self.powers(decoded)
        coefficients = 0.5 * log_ratio(y @ self.cepstral, x @ self.cepstral) @ self.cosines
        return {
            "mel": DECIBELS * log_ratio(y @ self.mel, x @ self.mel).abs().mean(),
            "cepstrum": DECIBELS * (2 * coefficients.square().sum(2) + EPSILON).sqrt().mean(),
            "spectrum": DECIBELS * (log_ratio(y, x).square().mean(2) + EPSILON).sqrt().mean(),
            "pause": mean_over(DECIBELS * y.sum(2).clamp(min=QUIETEST_POWER).log(), in_pause(x)),
            "comb": -mean_over((self.comb(decoded) * self.comb(target)).mean(2), is_loud(x)),
            "level": torch.stack([DECIBELS * level_ratio(y[..., a:b], x[..., a:b]).abs().mean() for a, b in WIDE_BANDS]).mean(),
            **self.periodicity.terms(x, y, is_loud(x)),
            **self.pitch.terms(x, y, is_loud(x)),
        }

    def comb(self, bands: Tensor) -> Tensor:
        """log bands [B, L, N] -> single bins without their envelope over frequency [B, L, single bins]: harmonics and what is between"""
        single = bands[..., : self.single_bins]
        return single - F.avg_pool1d(single, COMB_BINS, 1, COMB_BINS // 2, count_include_pad=False)


def log_ratio(decoded: Tensor, target: Tensor) -> Tensor:
    """Powers [B, L, M] twice -> natural log of their ratio, both raised to the floor of the recording"""
    floor = target.amax((1, 2), keepdim=True) * FLOOR
    return torch.maximum(decoded, floor).log() - torch.maximum(target, floor).log()


def level_ratio(decoded: Tensor, target: Tensor) -> Tensor:
    """Powers of a wide band [B, L, M] twice -> natural log of the ratio of their sums over the piece [B]"""
    return ((decoded.sum((1, 2)) + SILENT_PIECE) / (target.sum((1, 2)) + SILENT_PIECE)).log()


def in_pause(power: Tensor) -> Tensor:
    """Powers of the recording [B, L, F] -> which steps are pauses [B, L]"""
    level = power.sum(2)
    return (level < PAUSE * level.amax(1, keepdim=True)) & (level > SILENT_POWER)


def is_loud(power: Tensor) -> Tensor:
    """Powers of the recording [B, L, F] -> which steps are loud [B, L]"""
    level = power.sum(2)
    return level > LOUD * level.amax(1, keepdim=True)


@dataclass(frozen=True)
class Hold:
    """How a term is held: its multiplier at first, by how much that moves per step and unit of excess, by how much the term must be
    better than the first decoder's, and the largest excess that moves the multiplier (one odd batch must not)."""

    first: float
    rate: float
    margin: float = 0.0
    most: float = math.inf


HOLDS = {
    "log": Hold(2.7, 4.0, most=0.014),
    "power": Hold(5.0, 10.0, most=0.0035),
    "intelligibility": Hold(1.1, 4.0, most=0.004),
    "mel": Hold(0.4, 0.2, margin=0.01, most=0.1),
    "cepstrum": Hold(1.1, 0.02, margin=0.1, most=0.4),
    "spectrum": Hold(0.2, 0.2, most=0.14),
    "pause": Hold(0.05, 0.003, margin=0.2, most=0.2),
    "comb": Hold(0.1, 1.0, most=0.045),
    "level": Hold(0.05, 0.02, margin=0.03, most=0.04),
    "voiced": Hold(2.0, 5.0, margin=0.002, most=0.003),
    "unvoiced": Hold(1.0, 5.0, margin=0.0005, most=0.001),
    "voiced_roots": Hold(4.0, 10.0, margin=0.001, most=0.001),
    "unvoiced_roots": Hold(1.0, 10.0, margin=0.0002, most=0.0004),
    "pitch_lost": Hold(2.0, 5.0, margin=0.001, most=0.005),
    "pitch_made": Hold(16.0, 60.0, margin=0.0005, most=0.003),
    "pitch_fine": Hold(0.5, 1.0, margin=0.005, most=0.05),
    "pitch_near": Hold(2.0, 10.0, margin=0.0005, most=0.005),
}
SMOOTHING = 0.95  # of the excess, per step
LARGEST = 100.0  # multiplier


class Multipliers:
    """The weights of the terms that are held."""

    def __init__(self, holds: dict[str, Hold]):
        self.holds = holds
        self.weights = {name: hold.first for name, hold in holds.items()}
        self.excess: dict[str, float] = {}  # smoothed: now less than the first decoder, on the same pieces

    def penalty(self, terms: dict[str, Tensor]) -> Tensor:
        """Terms of this step by name -> what they add to the loss"""
        return torch.stack([weight * terms[name] for name, weight in self.weights.items()]).sum()

    def follow(self, now: dict[str, Tensor], before: dict[str, Tensor]) -> None:
        """Moves the multipliers by the terms of the decoder and of the first one on the same pieces."""
        for name, hold in self.holds.items():
            excess = (now[name] - before[name]).item()
            self.excess[name] = SMOOTHING * self.excess.get(name, excess) + (1 - SMOOTHING) * excess
            step = hold.rate * min(hold.most, self.excess[name] + hold.margin)
            self.weights[name] = min(LARGEST, max(0.0, self.weights[name] + step))

    def state(self) -> dict[str, dict[str, float]]:
        return {"weights": self.weights, "excess": self.excess}

    def load(self, state: dict[str, dict[str, float]]) -> None:
        self.weights, self.excess = dict(state["weights"]), dict(state["excess"])
