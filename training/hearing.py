"""Differentiable stand-ins for ESTOI and PESQ on log bands, and what holds them back.

Both work on powers, without phases, so they cost little. They are not the measures: what the phase
search makes of a spectrum is not in them. The idea of training on the loudness model of PESQ is that of Martin-Donas et al.,
"A Deep Learning Loss Function Based on the Perceptual Evaluation of the Speech Quality", 2018; the model is in `disturbance`.

Axes: B batch, L steps at 100 Hz, N bands, G groups, S segments, W steps of a segment.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

import spectrum
from disturbance import BandDisturbance
from spectrum import SAMPLE_RATE, WINDOW_LENGTH

BIN_HZ = SAMPLE_RATE / WINDOW_LENGTH
SEGMENT_STEPS = 38  # 384 ms: Jensen and Taal 2016, section II
SEGMENT_STRIDE = 10
ACTIVE_DB = 40.0  # below the loudest segment: quieter ones do not count (ibid.)
LEVELS = 4  # classes of the level of a band below the loudest of its piece ...
LEVEL_STEP = 1.5  # ... of so many nepers each; what is quieter falls into the last
EPSILON = 1e-9


def group_powers(edges_hz: np.ndarray, bands: int, single_bins: int) -> Tensor:
    """Edges [G + 1] in Hz -> matrix [N, G] from powers of bands to powers of the groups between edges."""
    _, to_bins = spectrum.band_matrices(bands, single_bins)  # [F, N]
    hertz = np.arange(len(to_bins)) * BIN_HZ
    group = [(hertz >= low) & (hertz < high) for low, high in zip(edges_hz[:-1], edges_hz[1:], strict=True)]
    return torch.from_numpy(np.stack([to_bins[inside].sum(0) for inside in group], axis=1)).float()


def third_octaves() -> np.ndarray:
    """Edges of 15 third-octave bands from a centre of 150 Hz on (Taal et al. 2011, section II)."""
    return 150.0 * 2.0 ** ((np.arange(16) - 0.5) / 3)


def unit(x: Tensor, dim: int) -> Tensor:
    """Without its mean and of length 1 along `dim`."""
    x = x - x.mean(dim, keepdim=True)
    return x / (x.square().sum(dim, keepdim=True) + EPSILON).sqrt()


class Hearing:
    """The two terms, for one configuration of bands."""

    def __init__(self, bands: int, single_bins: int, floor: float, device: torch.device):
        self.floor = floor
        self.thirds = group_powers(third_octaves(), bands, single_bins).to(device)
        self.disturbance = BandDisturbance(bands, single_bins, floor, device)

    def powers(self, bands: Tensor) -> Tensor:
        """log bands -> powers without the floor, any shape"""
        return (bands.exp() - self.floor).clamp(min=0).square()

    def terms(self, decoded: Tensor, target: Tensor) -> dict[str, Tensor]:
        """log bands [B, L, N] twice -> three scalars: `intelligibility`, 1 - ESTOI; `loudness`, by how much the raw score of PESQ
        falls short of 4.5; `shift`, see `mean_shift`."""
        return {
            "intelligibility": self.intelligibility(self.powers(decoded), self.powers(target)),
            "loudness": self.disturbance(decoded, target).mean(),
            "shift": mean_shift(decoded, target),
        }

    def segments(self, power: Tensor) -> Tensor:
        """powers [B, L, N] -> envelopes of third octaves in overlapping segments [B, S, 15, W]"""
        envelope = (power @ self.thirds + EPSILON).sqrt()
        return envelope.unfold(1, min(SEGMENT_STEPS, envelope.shape[1]), SEGMENT_STRIDE)

    def intelligibility(self, decoded: Tensor, target: Tensor) -> Tensor:
        """1 - ESTOI (Jensen and Taal 2016, eq. 4 to 8) over segments with speech."""
        x, y = self.segments(target), self.segments(decoded)
        level = x.square().sum((2, 3))  # [B, S]
        active = (level > level.amax(1, keepdim=True) * 10 ** (-ACTIVE_DB / 10)).float()
        correlation = (unit(unit(x, 3), 2) * unit(unit(y, 3), 2)).sum(2).mean(2)  # [B, S]
        return 1 - (correlation * active).sum() / active.sum().clamp(min=1)


def levels(target: Tensor) -> Tensor:
    """log bands [B, L, N] -> class of each, by how far it lies below the loudest of its piece: 0 to LEVELS - 1"""
    below = (target.amax((1, 2), keepdim=True) - target) / LEVEL_STEP
    return below.long().clamp(max=LEVELS - 1)


def mean_shift(decoded: Tensor, target: Tensor) -> Tensor:
    """log bands [B, L, N] twice -> scalar: how far decoded bands lie off on the average, by band and level of the recording.

    PESQ forgives a constant shift of a band, and likes some; other measures do not. Classes hold few steps of a batch, so the
    mean is taken over the whole of it."""
    level, error = levels(target), decoded - target
    shifts, weights = [], []
    for k in range(LEVELS):
        inside = (level == k).float()
        count = inside.sum((0, 1))  # [N]
        shifts.append((error * inside).sum((0, 1)) / count.clamp(min=1))
        weights.append(count)
    shift, weight = torch.stack(shifts), torch.stack(weights)
    return (shift.abs() * weight).sum() / weight.sum()
