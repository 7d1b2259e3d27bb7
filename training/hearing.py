"""Differentiable stand-ins for ESTOI and PESQ on log bands.

Both work on powers of groups of bands, without phases, so they cost little. They are not the measures: what the phase
search makes of a spectrum is not in them. The idea of training on the loudness model of PESQ is that of Martin-Donas et al.,
"A Deep Learning Loss Function Based on the Perceptual Evaluation of the Speech Quality", 2018.

Axes: B batch, L steps at 100 Hz, N bands, G groups, S segments, W steps of a segment.
"""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

import spectrum
from spectrum import HOP, SAMPLE_RATE, WINDOW_LENGTH

BIN_HZ = SAMPLE_RATE / WINDOW_LENGTH
SEGMENT_STEPS = 38  # 384 ms: Jensen and Taal 2016, section II
SEGMENT_STRIDE = 10
ACTIVE_DB = 40.0  # below the loudest segment: quieter ones do not count (ibid.)
LISTENING_DB = 79.0  # sound pressure of speech: P.862, 10.2.1
BARKS = 24.0  # the weights of the groups add up to so much
LOUDNESS_POWER = 0.23  # Zwicker: P.862, 10.2.6
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


def bark_edges(groups: int = 40, highest_hz: float = 8000.0) -> np.ndarray:
    """Edges [groups + 1] in Hz of groups of equal width in Bark, z = 6 asinh(f / 600), wider than a bin; from 30 Hz on."""
    highest = 6 * math.asinh(highest_hz / 600)
    return 600 * np.sinh(np.linspace(0.3, highest, groups + 1) / 6)


def hearing_threshold_db(hertz: np.ndarray) -> np.ndarray:
    """Threshold in quiet, dB of sound pressure (Terhardt 1979)."""
    kilo = np.maximum(hertz, 20) / 1000
    return 3.64 * kilo**-0.8 - 6.5 * np.exp(-0.6 * (kilo - 3.3) ** 2) + 1e-3 * kilo**4


def unit(x: Tensor, dim: int) -> Tensor:
    """Without its mean and of length 1 along `dim`."""
    x = x - x.mean(dim, keepdim=True)
    return x / (x.square().sum(dim, keepdim=True) + EPSILON).sqrt()


class Hearing:
    """The two terms, for one configuration of bands."""

    def __init__(self, bands: int, single_bins: int, floor: float, device: torch.device):
        self.floor = floor
        self.thirds = group_powers(third_octaves(), bands, single_bins).to(device)
        edges = bark_edges()
        self.bark = group_powers(edges, bands, single_bins).to(device)
        centre = (edges[:-1] + edges[1:]) / 2
        self.threshold = torch.from_numpy(10 ** (hearing_threshold_db(centre) / 10)).float().to(device)  # [G]
        width = np.diff(6 * np.arcsinh(edges / 600))
        self.width = torch.from_numpy(width / width.sum()).float().to(device)

    def powers(self, bands: Tensor) -> Tensor:
        """log bands -> powers without the floor, any shape"""
        return (bands.exp() - self.floor).clamp(min=0).square()

    def terms(self, decoded: Tensor, target: Tensor) -> dict[str, Tensor]:
        """log bands [B, L, N] twice -> `intelligibility`, 1 - ESTOI, and `loudness`, disturbance in units of MOS."""
        decoded_power, target_power = self.powers(decoded), self.powers(target)
        return {
            "intelligibility": self.intelligibility(decoded_power, target_power),
            "loudness": self.loudness(decoded_power, target_power),
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

    def loudness(self, decoded: Tensor, target: Tensor) -> Tensor:
        """Symmetric and asymmetric disturbance of loudness, weighted as in P.862, 10.2, without its time
        alignment and its equalisation of frequencies."""
        x, y = target @ self.bark, decoded @ self.bark  # [B, L, G]
        total = x.sum(2, keepdim=True)
        active = (total > total.amax(1, keepdim=True) * 10 ** (-ACTIVE_DB / 10)).float()
        level = (total * active).sum((1, 2), keepdim=True) / active.sum((1, 2), keepdim=True).clamp(min=1)
        scale = 10 ** (LISTENING_DB / 10) / (level + EPSILON)
        x, y = x * scale, y * scale
        y = y * frame_gain(x, y)
        loud_x, loud_y = self.sones(x), self.sones(y)
        rest = (loud_y - loud_x).abs() - 0.25 * torch.minimum(loud_x, loud_y)  # below a quarter it is masked
        disturbance = rest.clamp(min=0)
        asymmetry = ((y.detach() + 50) / (x + 50)) ** 1.2
        asymmetry = torch.where(asymmetry < 3, torch.zeros_like(asymmetry), asymmetry.clamp(max=12))
        weight = ((x.sum(2) + 1e5) / 1e7) ** -0.04  # quiet frames count a little more
        symmetric = BARKS * (disturbance.square() * self.width).sum(2).add(EPSILON).sqrt()
        asymmetric = BARKS * (disturbance * asymmetry * self.width).sum(2)
        return 0.1 * over_time(symmetric / weight) + 0.0309 * over_time(asymmetric / weight)

    def sones(self, power: Tensor) -> Tensor:
        """powers [B, L, G] -> loudness density; 1 at 40 dB and 1 kHz (P.862, 10.2.6)"""
        p0 = self.threshold
        return 0.18667 * (p0 / 0.5) ** LOUDNESS_POWER * ((0.5 + 0.5 * power / p0) ** LOUDNESS_POWER - 1).clamp(min=0)


def frame_gain(x: Tensor, y: Tensor) -> Tensor:
    """Factor [B, L, 1] that brings the powers of the decoded frames [B, L, G] to those of the target: half of PESQ's
    forgiveness for slow changes of level."""
    ratio = (x.sum(2) + 5e3) / (y.sum(2) + 5e3)
    smooth = F.avg_pool1d(ratio[:, None].log(), 21, 1, 10, count_include_pad=False)[:, 0].exp()
    return smooth.clamp(0.2, 5.0)[..., None].detach()


def over_time(disturbance: Tensor) -> Tensor:
    """disturbance [B, L] -> scalar: L2 norm over the steps of a piece. P.862, 10.2.11, takes L6 over 320 ms first, whose
    gradient sits in a few steps only."""
    return disturbance.square().mean(1).add(EPSILON).sqrt().mean()
