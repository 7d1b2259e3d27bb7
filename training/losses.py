"""What the network is trained to make small.

L1 on log bands alone spends the network on the noise floor; L1 on compressed magnitudes alone loses quiet
consonants. The weights below took the first model from PESQ-WB 1.95 to 2.24 (12 clips) against the first
term alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

POWER = 0.42  # of the magnitudes; near the loudness exponents of hearing models
GAIN_POWER = 0.21  # half of it: a piece at low level counts for more than its magnitudes, less than equally


@dataclass(frozen=True)
class Weights:
    log: float = 0.35
    power: float = 4.0
    commitment: float = 0.5
    intelligibility: float = 0.35  # pulls as hard as the two terms of `reconstruction`
    loudness: float = 0.12  # at 0.5 it pulls hardest, and mel distance pays for it (experiment 16)
    shift: float = 0.0  # 1 takes back the mean shifts that `loudness` makes
    square: float = 0.0
    anchor: float = 0.0  # this one and the next: with `only_decoder`
    drift: float = 0.0
    bias: float = 0.0
    adversarial: float = 0.0  # this one and the next: a discriminator, for the ear (critic.py)
    matching: float = 0.0
    clean_latent: float = 6.0  # this one and the next: with `only_encoder`; what is clean must stay as it is
    noisy_latent: float = 1.0


def reconstruction(decoded: Tensor, target: Tensor, gain: Tensor | float = 1.0) -> dict[str, Tensor]:
    """decoded and target log bands [B, 8T, N], gain [B, 1, 1] applied to the recordings -> three scalars:
    `log`, L1 on log bands, `square`, their mean square, and `power`, L1 on the 0.42nd power of the magnitudes."""
    compressed = (POWER * decoded).exp() - (POWER * target).exp()
    error = decoded - target
    return {
        "log": error.abs().mean(),
        "square": error.square().mean(),
        "power": (compressed.abs() * gain**-GAIN_POWER).mean(),
    }


def latents(latent: Tensor, wanted: Tensor, is_clean: Tensor) -> dict[str, Tensor]:
    """latent and wanted [B, T, D], is_clean [B] -> mean square errors of the samples with clean input and of the others."""
    error = (latent - wanted).square().mean((1, 2))

    def mean_of(chosen: Tensor) -> Tensor:
        return (error * chosen).sum() / chosen.sum().clamp(min=1)

    return {"clean_latent": mean_of(is_clean), "noisy_latent": mean_of(~is_clean)}


def total(terms: dict[str, Tensor], weights: Weights) -> Tensor:
    """Terms by the names of their weights -> their weighted sum."""
    return torch.stack([getattr(weights, name) * term for name, term in terms.items()]).sum()
