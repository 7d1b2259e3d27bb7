"""Learning the codebooks of the residual quantiser, without gradients.

Codebooks learnt by gradient collapse: about 28 of 2048 entries per layer stay in use, for at 12.5 frames/s
a second of audio holds only 12 vectors. What works is to train the network without quantisation first
(with noise on the latent), then to start every codebook by k-means on what the layers before leave over,
and from there to let each entry follow the mean of the vectors that choose it (exponential moving average,
as in van den Oord et al., "Neural Discrete Representation Learning", 2017, appendix A.1). An entry that
is never chosen takes half of the one that is chosen most. (Moved onto a random vector instead, it stays
dead: with 11 bits for 96 dimensions the means are much shorter than the vectors, so that nearly every
vector is nearer to some mean than to another vector.)

Axes: B batch, T frames, M = B T vectors, K layers, V codebook size, D codebook dimension.
"""

from __future__ import annotations

import torch
from torch import Tensor

from search import nearest, search

KMEANS_ROUNDS = 8
KMEANS_CHUNK = 8192  # vectors whose distances are held at once
DEAD_BELOW = 0.03  # an entry chosen less often than this share of the mean is moved
MOVED_AT_ONCE = 8  # one in so many entries at most
SPLIT_DISTANCE = 0.05  # between the halves of an entry, in standard deviations of what the layer sees
COUNT_MIN = 0.05  # after k-means


def kmeans(vectors: Tensor, size: int, rounds: int = KMEANS_ROUNDS) -> tuple[Tensor, Tensor, Tensor]:
    """vectors [M, D] -> centres [V, D], relative counts [V] with mean 1, assignment [M]."""
    pick = torch.randperm(len(vectors), device=vectors.device)
    centres = vectors[pick[torch.arange(size, device=vectors.device) % len(vectors)]].clone()
    for _ in range(rounds):
        choice = torch.cat([nearest(part, centres) for part in vectors.split(KMEANS_CHUNK)])
        count = torch.bincount(choice, minlength=size).float()
        mean = torch.zeros_like(centres).index_add_(0, choice, vectors) / count.clamp(min=1)[:, None]
        anywhere = vectors[torch.randint(len(vectors), (size,), device=vectors.device)]
        centres = torch.where(count[:, None] > 0, mean, anywhere)
    return centres, count / count.mean(), choice


@torch.no_grad()
def dequantised(latent: Tensor, codebooks: Tensor, keep: Tensor, beam_width: int) -> Tensor:
    """latent [B, T, D], codebooks [K, V, D], keep [B] (layers that sample b may use) -> what its codes stand for [B, T, D]."""
    codes = search(latent.reshape(-1, latent.shape[-1]), codebooks, beam_width)  # [M, K]
    quantised = torch.zeros_like(latent)
    for k, (book, choice) in enumerate(zip(codebooks, codes.t(), strict=True)):
        quantised += book[choice].reshape(latent.shape) * (keep > k).float()[:, None, None]
    return quantised


class Quantizer:
    """Moving sums behind the codebooks. `codebooks` [K, V, D] is the model's own tensor, changed in place;
    an entry is its sum [K, V, D] divided by its count [K, V]; counts have mean about 1 in each layer."""

    def __init__(
        self, codebooks: Tensor, count: Tensor | None = None, dead_below: float = DEAD_BELOW, beam_width: int = 1
    ):
        self.beam_width = beam_width
        self.codebooks = codebooks.detach()  # shares memory
        self.dead_below = dead_below
        known = torch.ones(codebooks.shape[:2]) if count is None else count.clamp(min=COUNT_MIN)
        self.count = known.to(codebooks.device)
        self.sum = self.codebooks * self.count[..., None]

    @torch.no_grad()
    def start(self, latents: Tensor) -> None:
        """Residual k-means on latents [M, D]: layer after layer on what is left."""
        rest = latents
        for k, book in enumerate(self.codebooks):
            centres, count, choice = kmeans(rest, len(book))
            book.copy_(centres)
            self.count[k] = count.clamp(min=COUNT_MIN)
            self.sum[k] = centres * self.count[k][:, None]
            rest = rest - centres[choice]

    def __call__(self, latent: Tensor, keep: Tensor, decay: float) -> tuple[Tensor, Tensor]:
        """latent [B, T, D], keep [B] (layers that sample b may use) -> quantised [B, T, D] with the gradient
        of the latent (straight through), and the commitment loss. Moves the codebooks."""
        rest = latent.detach().reshape(-1, latent.shape[-1])  # [M, D]
        quantised = torch.zeros_like(latent)
        codes = search(rest, self.codebooks, self.beam_width)  # [M, K]
        for k, (book, choice) in enumerate(zip(self.codebooks, codes.t(), strict=True)):
            entry = book[choice]  # a copy, taken before the codebook moves
            self.follow(k, rest, choice, decay)
            quantised = quantised + entry.reshape(latent.shape) * (keep > k).float()[:, None, None]
            rest = rest - entry
        commitment = (latent - quantised).square().mean()
        return latent + (quantised - latent).detach(), commitment

    @torch.no_grad()
    def follow(self, k: int, vectors: Tensor, choice: Tensor, decay: float) -> None:
        """One step of the moving averages of layer k: vectors [M, D] chose entries choice [M]."""
        count, total, size = self.count[k], self.sum[k], self.count.shape[1]
        weight = (1 - decay) * size / len(vectors)  # keeps the counts' mean at 1
        count.mul_(decay).add_(torch.bincount(choice, minlength=size).float(), alpha=weight)
        total.mul_(decay).index_add_(0, choice, vectors, alpha=weight)
        revive(count, total, vectors.std(), self.dead_below)
        self.codebooks[k] = total / count[:, None]

    def state(self) -> dict[str, Tensor]:
        return {"sum": self.sum, "count": self.count}

    def load(self, state: dict[str, Tensor]) -> None:
        self.sum.copy_(state["sum"])
        self.count.copy_(state["count"])


def revive(count: Tensor, total: Tensor, spread: Tensor, dead_below: float = DEAD_BELOW) -> None:
    """Splits the most chosen entries of a layer to make room for its dead ones: count [V], total [V, D];
    spread: standard deviation of the vectors that the layer sees. Each half gets half of the count."""
    dead = torch.nonzero(count < dead_below)[:, 0][: max(1, len(count) // MOVED_AT_ONCE)]
    if len(dead):
        used = count.topk(len(dead)).indices
        count[used] /= 2
        total[used] /= 2
        count[dead] = count[used]
        shift = SPLIT_DISTANCE * spread * torch.randn_like(total[used])
        total[dead] = total[used] + count[used][:, None] * shift
