"""A stand-in for PESQ of wide-band speech that has a gradient: the perceptual model of P.862, clause 10.2, with the tables of
P.862.2, without time alignment.

It works on spectra of any window and hop, so on decoded bands as on waveforms. Both signals are brought to the same level,
the recording gets the mean spectrum of the decoded signal, and the decoded frames the slow changes of level of the recording;
what differs then in loudness is disturbance.

Axes: B batch, L steps, N log bands, F bins, P Bark bands (49), S samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

import spectrum
from pesq_tables import BAND_CENTRES, BAND_CORRECTION, BAND_WIDTHS, BINS_PER_BAND, HEARING_THRESHOLDS, WIDE_BAND_SECTION

PESQ_RATE, PESQ_FRAME = 16000, 512  # Hz, samples: the tables are for bins of 31.25 Hz
POWER_FACTOR = 6.910853e-6  # Sp: from powers of the transform to pitch power densities
LOUDNESS_FACTOR = 0.1866055  # Sl
LEVEL_HZ = (325.0, 3375.0)  # level alignment, middle of the slopes of the filter
TARGET_POWER = 1e7  # mean square after level alignment
SMALLEST_LEVEL = 1e-7  # mean square, full scale 1: a quieter piece is not amplified further
SILENT_POWER, SILENT_FACTOR = 1e7, 100.0  # frames with less are no speech; the factor is that over the threshold
RESPONSE_OFFSET, RESPONSE_LIMIT = 1e3, 100.0
GAIN_OFFSET, GAIN_MEMORY, GAIN_RANGE = 5e3, 0.2, (3e-4, 5.0)  # memory for each 16 ms
GAIN_TAPS = 10
MASKING = 0.25
ASYMMETRY_OFFSET, ASYMMETRY_POWER, ASYMMETRY_RANGE = 50.0, 1.2, (3.0, 12.0)
LOUD_OFFSET, LOUD_SCALE, LOUD_POWER = 1e5, 1e7, 0.04
LARGEST_DISTURBANCE = 45.0
SYLLABLE_SECONDS = 0.32  # overlap by half
SYMMETRIC_WEIGHT, ASYMMETRIC_WEIGHT = 0.1, 0.0309
EPSILON = 1e-9


@dataclass(frozen=True)
class Analysis:
    """A short-time spectrum: periodic Hann window and hop in samples, rate in Hz."""

    sample_rate: int
    window: int
    hop: int

    @property
    def steps_per_second(self) -> float:
        return self.sample_rate / self.hop

    @property
    def hertz(self) -> np.ndarray:
        """Middle of each bin [F]."""
        return np.arange(self.window // 2 + 1) * self.sample_rate / self.window


CODEC = Analysis(spectrum.SAMPLE_RATE, spectrum.WINDOW_LENGTH, spectrum.HOP)
PESQ = Analysis(PESQ_RATE, PESQ_FRAME, PESQ_FRAME // 2)


def wide_band_gain(hertz: np.ndarray) -> np.ndarray:
    """Power gain [F] of the input filter of P.862.2."""
    b0, b1, b2, a1, a2 = WIDE_BAND_SECTION
    z = np.exp(-2j * np.pi * hertz / PESQ_RATE)
    return np.abs((b0 + b1 * z + b2 * z**2) / (1 + a1 * z + a2 * z**2)) ** 2


def bark_matrix(analysis: Analysis) -> np.ndarray:
    """[F, P]: powers of bins -> pitch power densities, the filter included. A bin that lies over a border is shared out."""
    width = analysis.sample_rate / analysis.window
    low, high = analysis.hertz - width / 2, analysis.hertz + width / 2
    bin_hz = PESQ_RATE / PESQ_FRAME
    edges = (np.concatenate([[0], np.cumsum(BINS_PER_BAND)]) - 0.5) * bin_hz
    edges[0] = bin_hz / 2  # the constant part is left out
    inside = np.minimum(high[:, None], edges[None, 1:]) - np.maximum(low[:, None], edges[None, :-1])
    share = np.clip(inside, 0, None) / width
    gain = wide_band_gain(np.minimum(analysis.hertz, PESQ_RATE / 2))[:, None]
    scale = (PESQ_FRAME / analysis.window) ** 2  # of the power of the same sound in the same range of frequencies
    return share * gain * scale * POWER_FACTOR * np.array(BAND_CORRECTION)


def zwicker_exponents() -> np.ndarray:
    """[P]: 0.23, more below 4 Bark."""
    centre = np.array(BAND_CENTRES)
    raised = np.where(centre < 4, np.minimum(2, 6 / (centre + 2)), 1.0)
    return 0.23 * raised**0.15


class Disturbance:
    """The model for one kind of spectrum. `over_time_power`: of the norm within a syllable; P.862 has 6, whose gradient sits
    in a few steps, so 4 trains better."""

    def __init__(self, analysis: Analysis, device: torch.device, over_time_power: float = 6.0):
        self.analysis, self.power = analysis, over_time_power
        self.syllable = round(SYLLABLE_SECONDS * analysis.steps_per_second)

        def tensor(values: np.ndarray) -> Tensor:
            return torch.from_numpy(np.asarray(values, np.float64)).float().to(device)

        self.bark = tensor(bark_matrix(analysis))
        inside = (analysis.hertz >= LEVEL_HZ[0]) & (analysis.hertz <= LEVEL_HZ[1])
        self.level = tensor(inside * 2 / (analysis.window * 0.375 * analysis.window))  # powers -> mean square in the band
        self.threshold = tensor(HEARING_THRESHOLDS)
        self.exponent = tensor(zwicker_exponents())
        self.scale = tensor(LOUDNESS_FACTOR * (np.array(HEARING_THRESHOLDS) / 0.5) ** zwicker_exponents())
        width = np.array(BAND_WIDTHS)
        width[0] = 0  # the lowest band is not counted
        self.width = tensor(width)
        memory = GAIN_MEMORY ** (62.5 / analysis.steps_per_second)
        taps = (1 - memory) * memory ** np.arange(GAIN_TAPS)
        self.memory = tensor(taps[::-1] / taps.sum())[None, None]

    def __call__(self, decoded: Tensor, target: Tensor) -> Tensor:
        """powers of bins [B, L, F] twice -> [B]: by how much the raw score of PESQ falls short of 4.5."""
        x, y = self.densities(target), self.densities(decoded)
        x = x * self.response(x, y)
        y = y * self.frame_gain(x, y)
        symmetric, asymmetric = self.by_frame(x, y)
        weight = ((self.audible(x).sum(2) + LOUD_OFFSET) / LOUD_SCALE) ** LOUD_POWER
        sums = [self.over_time((d / weight).clamp(max=LARGEST_DISTURBANCE)) for d in (symmetric, asymmetric)]
        return SYMMETRIC_WEIGHT * sums[0] + ASYMMETRIC_WEIGHT * sums[1]

    def densities(self, power: Tensor) -> Tensor:
        """powers of bins [B, L, F] -> pitch power densities [B, L, P] at the common level"""
        level = (power @ self.level).mean(1).clamp(min=SMALLEST_LEVEL)  # [B]
        return (power @ self.bark) * (TARGET_POWER / level)[:, None, None]

    def audible(self, density: Tensor, factor: float = 1.0) -> Tensor:
        """Densities above `factor` times the threshold, else 0; without the lowest band."""
        heard = (density > factor * self.threshold) & (self.width > 0)
        return torch.where(heard, density, torch.zeros_like(density))

    def response(self, x: Tensor, y: Tensor) -> Tensor:
        """[B, 1, P]: mean spectrum of the decoded speech over that of the recording, within 20 dB."""
        audible_x, audible_y = self.audible(x, SILENT_FACTOR), self.audible(y, SILENT_FACTOR)
        spoken = (audible_x.sum(2, keepdim=True) >= SILENT_POWER).float()
        mean_x, mean_y = ((part * spoken).mean(1, keepdim=True) for part in (audible_x, audible_y))
        return ((mean_y + RESPONSE_OFFSET) / (mean_x + RESPONSE_OFFSET)).clamp(1 / RESPONSE_LIMIT, RESPONSE_LIMIT)

    def frame_gain(self, x: Tensor, y: Tensor) -> Tensor:
        """[B, L, 1]: what brings the decoded frames to the level of the recording, slowly."""
        now = (self.audible(x).sum(2) + GAIN_OFFSET) / (self.audible(y).sum(2) + GAIN_OFFSET)  # [B, L]
        padded = F.pad(now[:, None], (GAIN_TAPS - 1, 0), mode="replicate")
        return F.conv1d(padded, self.memory)[:, 0, :, None].clamp(*GAIN_RANGE)

    def loudness(self, density: Tensor) -> Tensor:
        """Zwicker's law [B, L, P]; 0 below the threshold."""
        above = density.clamp(min=self.threshold)
        return self.scale * ((0.5 + 0.5 * above / self.threshold) ** self.exponent - 1)

    def by_frame(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Densities [B, L, P] -> symmetric and asymmetric disturbance [B, L]."""
        loud_x, loud_y = self.loudness(x), self.loudness(y)
        heard = ((loud_y - loud_x).abs() - MASKING * torch.minimum(loud_x, loud_y)).clamp(min=0) * self.width
        ratio = ((y + ASYMMETRY_OFFSET) / (x + ASYMMETRY_OFFSET)) ** ASYMMETRY_POWER
        low, high = ASYMMETRY_RANGE
        factor = torch.where(ratio < low, torch.zeros_like(ratio), ratio.clamp(max=high))
        widths = self.width.sum()
        return (heard.square().sum(2) / widths + EPSILON).sqrt() * widths, (heard * factor).sum(2)

    def over_time(self, disturbance: Tensor) -> Tensor:
        """[B, L] -> [B]: a high norm within syllables that overlap by half, the quadratic mean over them."""
        length = min(self.syllable, disturbance.shape[1])
        syllables = disturbance.unfold(1, length, max(1, length // 2))  # [B, M, length]
        within = ((syllables + EPSILON) ** self.power).mean(2) ** (1 / self.power)
        return (within.square().mean(1) + EPSILON).sqrt()


def mos(shortfall: Tensor) -> Tensor:
    """What `Disturbance` gives -> MOS-LQO by the mapping of P.862.2, any shape."""
    return 0.999 + 4 / (1 + torch.exp(-1.3669 * (4.5 - shortfall) + 3.8224))


class BandDisturbance:
    """The model on log bands of the codec."""

    def __init__(self, bands: int, single_bins: int, floor: float, device: torch.device, over_time_power: float = 4.0):
        self.floor = floor
        self.model = Disturbance(CODEC, device, over_time_power)
        _, to_bins = spectrum.band_matrices(bands, single_bins)
        self.to_bins = torch.from_numpy(to_bins.T).float().to(device)  # [N, F]
        heard = int((CODEC.hertz <= PESQ_RATE / 2).sum())  # bins above play no part
        self.to_bins, self.model.bark = self.to_bins[:, :heard], self.model.bark[:heard]
        self.model.level = self.model.level[:heard]

    def __call__(self, decoded: Tensor, target: Tensor) -> Tensor:
        """log bands [B, L, N] twice -> [B], as `Disturbance`"""
        return self.model(self.powers(decoded), self.powers(target))

    def powers(self, bands: Tensor) -> Tensor:
        """log bands [B, L, N] -> powers of bins [B, L, F]"""
        return ((bands @ self.to_bins).exp() - self.floor).clamp(min=0).square()


@lru_cache(1)
def waveform_model() -> Disturbance:
    return Disturbance(PESQ, torch.device("cpu"))


def waveform_mos(reference: Tensor, degraded: Tensor) -> Tensor:
    """Waveforms [B, S] at 16 kHz, aligned in time -> estimate of PESQ-WB [B]; differentiable."""
    window = torch.hann_window(PESQ.window, dtype=reference.dtype)

    def powers(pcm: Tensor) -> Tensor:
        stft = torch.stft(pcm, PESQ.window, PESQ.hop, window=window, center=False, return_complex=True)
        return (stft.real.square() + stft.imag.square()).transpose(1, 2)

    return mos(waveform_model()(powers(degraded), powers(reference)))
