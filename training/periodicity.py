"""How periodic the steps of a spectrum are: what a judge of voicing and pitch hears of decoded bands.

The inverse transform of a step's powers is the autocorrelation of the windowed signal, so its largest value at the lags of a voice,
divided by the window's own, says how voiced the step is (Boersma, "Accurate short-term analysis of the fundamental frequency and
the harmonics-to-noise ratio of a sampled sound", IFA Proceedings 17, 1993, equation 9). From powers it is the strongest harmonics
that count; from their square roots weak ones and what lies between them count as well.

Axes: B batch, L steps at 100 Hz, F bins, K lags.
"""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

import spectrum

LAGS = np.arange(60, 401, 2)  # samples at 24 kHz: 400 to 60 Hz
LEAST_WINDOW = 0.25  # of the window's autocorrelation, to divide by
FEWEST = 30  # steps of a kind in a batch below which their mean counts for less
# Name of the kind, exponent of the powers, from which autocorrelation a step is voiced, below which it is unvoiced.
KINDS = (("", 1.0, 0.5, 0.4), ("_roots", 0.5, 0.35, 0.25))


class Periodicity:
    def __init__(self, device: torch.device):
        self.sides, self.cosines = autocorrelation_tables(LAGS, device)

    def autocorrelation(self, powers: Tensor) -> Tensor:
        """Powers [B, L, F] -> autocorrelation at the lags, 1 for a signal that repeats exactly: [B, L, K]"""
        return (powers @ self.cosines) / ((powers @ self.sides).unsqueeze(2) + 1e-9)

    def terms(self, target: Tensor, decoded: Tensor, loud: Tensor) -> dict[str, Tensor]:
        """Powers [B, L, F] twice, which steps count [B, L] -> scalars. `voiced`: what the decoded steps lack of the autocorrelation
        at the recording's period, where that is voiced. `unvoiced`: by how much they are more periodic at any lag than the
        recording, where that is not voiced. Both also with roots of the powers."""
        out: dict[str, Tensor] = {}
        for name, exponent, voiced, unvoiced in KINDS:
            wanted, made = (self.autocorrelation(p if exponent == 1 else p.clamp(min=1e-8) ** exponent) for p in (target, decoded))
            best, at = wanted.max(2)
            out["voiced" + name] = mean_over(F.relu(best - at_lag(made, at)), loud & (best > voiced))
            out["unvoiced" + name] = mean_over(F.relu(made.amax(2) - best), loud & (best < unvoiced))
        return out


def autocorrelation_tables(lags: np.ndarray, device: torch.device, bins: int = spectrum.BINS) -> tuple[Tensor, Tensor]:
    """For lags [K] in samples and the first bins: how many bins each stands for [F], whose product with powers is the autocorrelation
    at lag 0; and the cosines [F, K] that give it at the lags, the window's own taken out."""
    window = np.fft.irfft(np.abs(np.fft.rfft(spectrum.WINDOW, 2 * spectrum.WINDOW_LENGTH)) ** 2)
    sides = np.full((spectrum.BINS, 1), 2.0)  # a bin stands for two, but for the first and the last
    sides[[0, -1]] = 1
    cosines = sides[:bins] * np.cos(2 * math.pi * np.arange(bins)[:, None] * lags / spectrum.WINDOW_LENGTH)
    cosines /= np.maximum(window[lags] / window[0], LEAST_WINDOW)
    sides, cosines = (torch.from_numpy(values).float().to(device) for values in (sides[:bins, 0], cosines))
    return sides, cosines


def at_lag(values: Tensor, at: Tensor) -> Tensor:
    """[B, L, K] and indices [B, L] -> [B, L]"""
    return values.gather(2, at.unsqueeze(2)).squeeze(2)


def mean_over(values: Tensor, chosen: Tensor) -> Tensor:
    return (values * chosen).sum() / chosen.sum().clamp(min=FEWEST)
