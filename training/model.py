"""The network: 128 log bands at 100 Hz -> latent, 96 numbers at 12.5 Hz -> residual codes -> log bands.

    log bands [8T, 128] -> e1 at 100 Hz -> down -> e2 at 12.5 Hz -> latent [T, 96] -> codes [T, K]
    codes [T, K] -> sum of entries [T, 96] -> p1 at 12.5 Hz -> up -> p2 at 100 Hz -> log bands [8T, 128]
                 -> priority [8T, 128], a linear estimate of them in whole numbers that decides the order in which phases are found

Every layer is causal: a frame depends on itself and on what came before. The names of the tensors are
the names in the weight file, and other implementations read them: do not rename.
Axes: B batch, T frames, K layers, V codebook size, D codebook dimension, N bands, C channels.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import spectrum
from search import search
from spectrum import FRAME, PRIORITY_UNITS, STEPS_PER_FRAME

LATENT_UNITS = 2048  # sums of entries, as they decide the order of phases, are whole numbers of 16 bits, so many to 1
LATENT_MAX = 32767
PRIORITY_MAX = 16383  # of an estimate, and of its bias: the sum, a priority, has 16 bits

KERNEL = 7  # of every causal convolution, in steps or frames
FINE_EXPANSION = 2  # width of the hidden layer of a block at 100 Hz
COARSE_EXPANSION = 3  # the same at 12.5 Hz


@dataclass(frozen=True)
class Config:
    """What config.json says. `depth`: blocks in e1 (100 Hz), e2, p1 (12.5 Hz), p2 (100 Hz)."""

    model_type: str = "twelvehz-compact"
    version: int = 2
    sample_rate: int = 24000  # Hz
    frame_rate: float = 12.5  # Hz
    layers: int = 16
    codebook_size: int = 2048
    codebook_dim: int = 96
    bands: int = 128
    single_bins: int = 48  # the lowest bands are single bins of 25 Hz
    floor: float = 0.01  # added to magnitudes before the logarithm; a full-scale sine has 240
    fine_dim: int = 192  # channels at 100 Hz
    dim: int = 512  # channels at 12.5 Hz
    depth: tuple[int, int, int, int] = (2, 4, 4, 4)
    iterations: int = 4  # rounds of the phase search
    open_steps: int = 1
    momentum: float = 0.9
    tolerance: float = 0.01
    beam_width: int = 4  # of the encoder's search for codes
    name: str = "twelvehz-compact"

    @staticmethod
    def of(fields: dict) -> Config:
        """From the fields of a config.json."""
        return Config(**{**fields, "depth": tuple(fields["depth"])})

    @staticmethod
    def read(path: Path | str) -> Config:
        return Config.of(json.loads(Path(path).read_text()))

    def write(self, path: Path | str) -> None:
        Path(path).write_text(json.dumps(asdict(self), indent=1) + "\n")


class Block(nn.Module):
    """x [B, T, C] -> [B, T, C]: causal depthwise convolution, LayerNorm, MLP with GELU, scale, residual."""

    def __init__(self, channels: int, expansion: int, scale: float = 0.3):
        super().__init__()
        self.dw = nn.Conv1d(channels, channels, KERNEL, groups=channels)
        self.n = nn.LayerNorm(channels)
        self.a = nn.Linear(channels, channels * expansion)
        self.b = nn.Linear(channels * expansion, channels)
        self.g = nn.Parameter(torch.full((channels,), scale))

    def forward(self, x: Tensor) -> Tensor:
        past = F.pad(x.transpose(1, 2), (KERNEL - 1, 0))  # [B, C, T + 6]: zeros before the start
        h = self.n(self.dw(past).transpose(1, 2))  # [B, T, C]
        return x + self.b(F.gelu(self.a(h))) * self.g


def blocks(count: int, channels: int, expansion: int) -> nn.Sequential:
    return nn.Sequential(*[Block(channels, expansion) for _ in range(count)])


class Compact(nn.Module):
    """The codec without its phase search. Training calls `encode_latent` and `decode_latent`; inference
    calls `encode` and `decode`."""

    def __init__(self, config: Config):
        super().__init__()
        c = self.config = config
        self.register_buffer("mean", torch.zeros(c.bands))
        self.register_buffer("std", torch.ones(c.bands))
        self.ein = nn.Linear(c.bands, c.fine_dim)
        self.e1 = blocks(c.depth[0], c.fine_dim, FINE_EXPANSION)
        self.down = nn.Linear(STEPS_PER_FRAME * c.fine_dim, c.dim)
        self.e2 = blocks(c.depth[1], c.dim, COARSE_EXPANSION)
        self.en = nn.LayerNorm(c.dim)
        self.inp = nn.Linear(c.dim, c.codebook_dim)
        # Learnt by EMA, not by gradient.
        self.codebooks = nn.Parameter(torch.zeros(c.layers, c.codebook_size, c.codebook_dim), requires_grad=False)
        self.out = nn.Linear(c.codebook_dim, c.dim)
        self.p1 = blocks(c.depth[2], c.dim, COARSE_EXPANSION)
        self.pn = nn.LayerNorm(c.dim)
        self.up = nn.Linear(c.dim, STEPS_PER_FRAME * c.fine_dim)
        self.p2 = blocks(c.depth[3], c.fine_dim, FINE_EXPANSION)
        self.hn = nn.LayerNorm(c.fine_dim)
        self.head = nn.Linear(c.fine_dim, c.bands)
        # Fitted by least squares, not learnt: this frame and the one before -> log bands of the eight steps.
        self.priority = nn.Linear(2 * c.codebook_dim, STEPS_PER_FRAME * c.bands).requires_grad_(False)
        # Scale of each row where the weight file has them in int8; each is a whole number times it then.
        self.priority_scale: Tensor | None = None
        self.to_bands, self.to_bins = spectrum.band_matrices(c.bands, c.single_bins)

    def encode_latent(self, bands: Tensor) -> Tensor:
        """log bands [B, 8T, N] -> latent [B, T, D]; each vector has zero mean and unit variance."""
        h = self.e1(self.ein((bands - self.mean) / self.std))  # [B, 8T, C]
        h = self.e2(self.down(h.reshape(len(h), -1, STEPS_PER_FRAME * h.shape[2])))  # [B, T, C]
        return F.layer_norm(self.inp(self.en(h)), (self.config.codebook_dim,))

    def decode_latent(self, latent: Tensor) -> Tensor:
        """latent [B, T, D] -> log bands [B, 8T, N]."""
        h = self.up(self.pn(self.p1(self.out(latent))))  # [B, T, 8 C]: the eight steps of a frame side by side
        h = self.p2(h.reshape(len(h), -1, self.config.fine_dim))  # [B, 8T, C]
        with torch.autocast(h.device.type, enabled=False):  # bands in bfloat16 would be off by some hundredths of a neper
            return self.head(self.hn(h.float())) * self.std + self.mean

    def quantize(self, latent: Tensor) -> Tensor:
        """latent [T, D] -> codes [T, K], by beam search."""
        return search(latent, self.codebooks, self.config.beam_width)

    def dequantize(self, codes: Tensor, layers: int | None = None) -> Tensor:
        """codes [T, K] -> latent [T, D], the sum of the entries of the first `layers` layers (default: all).

        Summed in float64, so that it does not depend on the order."""
        latent = self.codebooks.new_zeros(len(codes), self.config.codebook_dim, dtype=torch.float64)
        for book, column in zip(self.codebooks, codes[:, :layers].t(), strict=False):
            latent = latent + book[column]
        return latent.float()

    def bands(self, pcm: np.ndarray) -> Tensor:
        """pcm [1920 T] -> log bands [8T, N]."""
        return torch.from_numpy(spectrum.log_bands(pcm, self.to_bands, self.config.floor))

    @torch.no_grad()
    def encode(self, pcm: np.ndarray) -> Tensor:
        """pcm [S] at 24 kHz -> codes [ceil(S / 1920), K]; the last frame is filled up with zeros."""
        whole = np.pad(pcm, (0, -len(pcm) % FRAME))
        return self.quantize(self.encode_latent(self.bands(whole)[None])[0])

    @torch.no_grad()
    def decode_bands(self, codes: Tensor, layers: int | None = None) -> Tensor:
        """codes [T, K] -> log bands [8T, N]."""
        return self.decode_latent(self.dequantize(codes, layers)[None])[0]

    @torch.no_grad()
    def decode_priority(self, codes: Tensor, layers: int | None = None) -> Tensor:
        """codes [T, K] -> int16 [8T, N], rough log bands in PRIORITY_UNITS, with the same bits on every machine.

        Whole numbers of 8 and 16 bits have exact sums of products, in any order; a single product of two float32 follows,
        and is cut off towards zero (docs/decisions/phase-order.md)."""
        weight, scale = self.priority.weight, self.priority_scale
        rows = weight if scale is None else (weight / scale[:, None]).round()
        sums = with_frame_before(self.whole_latent(codes, layers)[None])[0].double() @ rows.double().t()
        factor = torch.ones(len(rows)) if scale is None else scale
        estimate = sums.float() * (factor * (PRIORITY_UNITS / LATENT_UNITS))
        parts = [x.clamp(-PRIORITY_MAX, PRIORITY_MAX).trunc() for x in (estimate, self.priority.bias * PRIORITY_UNITS)]
        return (parts[0] + parts[1]).to(torch.int16).reshape(-1, self.config.bands)

    def whole_latent(self, codes: Tensor, layers: int | None = None) -> Tensor:
        """codes [T, K] -> [T, D], the sum of entries that were rounded to whole LATENT_UNITS; float32."""
        total = self.codebooks.new_zeros(len(codes), self.config.codebook_dim)
        for book, column in zip(self.codebooks, codes[:, :layers].t(), strict=False):
            total = total + (book[column] * LATENT_UNITS).clamp(-LATENT_MAX, LATENT_MAX).round()
        return total.clamp(-LATENT_MAX, LATENT_MAX)

    def decode(self, codes: Tensor, layers: int | None = None) -> np.ndarray:
        """codes [T, K] -> pcm [1920 T], float64."""
        return self.synthesize(self.decode_bands(codes, layers), self.decode_priority(codes, layers))

    def synthesize(self, bands: Tensor, priority: Tensor) -> np.ndarray:
        """log bands and priorities [8T, N] -> pcm [1920 T], float64, through the phase search."""
        c = self.config
        magnitude = spectrum.magnitudes(bands.numpy(), self.to_bins, c.floor)
        order = spectrum.bin_priorities(priority.numpy(), self.to_bins)
        stream = spectrum.PhaseStream(c.iterations, c.open_steps, c.momentum, c.tolerance)
        return spectrum.synthesize(magnitude, order, stream)


def with_frame_before(latent: Tensor) -> Tensor:
    """latent [B, T, D] -> [B, T, 2 D]: the frame before, zeros at the start, and the frame."""
    return torch.cat([F.pad(latent, (0, 0, 1, 0))[:, :-1], latent], 2)
