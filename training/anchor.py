"""What holds a decoder to the one it was trained on from, while a term such as `loudness` pulls.

A measure that looks away (PESQ does below 100 Hz, in quiet bands, and from constant shifts) leaves the network free to drift there, and other measures
pay. These terms ask for a small change of what is decoded, so that only what the pulling term needs is changed (EXPERIMENTS.md, 17).

Axes: B batch, L steps at 100 Hz, N log bands.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from hearing import LEVELS, levels

PATCH = (4, 6)  # steps and bands over which `drift` is averaged ...
PATCH_STRIDE = (2, 3)
FEWEST = 20  # steps of a class of a band below which its mean shift counts for less


def anchor_terms(decoded: Tensor, before: Tensor, target: Tensor) -> dict[str, Tensor]:
    """log bands [B, L, N] now, as the first decoder gave them, and of the recording -> three scalars, squares of nepers:
    `anchor`, of every change; `drift`, of changes averaged over patches; `bias`, of mean changes by band and level, over the whole batch."""
    change = decoded - before
    patches = F.avg_pool2d(change[:, None], PATCH, PATCH_STRIDE)
    return {"anchor": change.square().mean(), "drift": patches.square().mean(), "bias": bias(change, target)}


def bias(change: Tensor, target: Tensor) -> Tensor:
    """Mean square of the mean changes by band and level, each weighted with how often it occurs."""
    level, sum_of_squares = levels(target), change.new_zeros(())
    for k in range(LEVELS):
        inside = (level == k).float()
        count = inside.sum((0, 1))  # [N]
        mean = (change * inside).sum((0, 1)) / count.clamp(min=FEWEST)
        sum_of_squares = sum_of_squares + (mean.square() * count).sum()
    return sum_of_squares / torch.numel(change)
