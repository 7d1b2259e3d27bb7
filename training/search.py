"""Which codes stand for a vector: beam search through the layers of the residual quantiser.

Taking the nearest entry layer by layer is greedy: the best first entry need not begin the best sum. The search keeps the
`width` best beginnings instead, and of all ways to go on from them again the best `width` (LeBlanc, Bhattacharya, Mahmoud,
Cuperman, "Efficient search and design procedures for robust multi-stage VQ of LPC parameters for 4 kb/s speech coding",
1993, section III: M-L search). Only the encoder pays for it; any decoder reads the codes. Width 1 is the greedy search.

Axes: M vectors, K layers, V codebook size, D dimension, W beginnings that are kept.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

CHUNK = 512  # vectors that are searched at once: [512, W, V] distances stay small
GROUP = 32  # entries of which first only the nearest is looked at


def nearest(vectors: Tensor, book: Tensor) -> Tensor:
    """vectors [M, D], book [V, D] -> index [M] of the nearest entry (Euclidean; the lower index on a tie)."""
    return ((book * book).sum(1) - 2 * vectors @ book.t()).argmin(1)


@torch.no_grad()
def search(vectors: Tensor, books: Tensor, width: int) -> Tensor:
    """vectors [M, D], books [K, V, D] -> codes [M, K]."""
    # A product with [-2 book; |book|^2] gives distances but for the square of the vector: one pass over memory.
    tables = torch.cat([-2 * books.transpose(1, 2), books.square().sum(2)[:, None]], 1)  # [K, D + 1, V]
    return torch.cat([search_chunk(part, books, tables, width) for part in vectors.split(CHUNK)])


def search_chunk(vectors: Tensor, books: Tensor, tables: Tensor, width: int) -> Tensor:
    """`search` of a few vectors."""
    rest, error = vectors[:, None], vectors.square().sum(1, keepdim=True)  # [M, W, D], [M, W]; W = 1 at first
    codes = torch.zeros(len(vectors), 1, 0, dtype=torch.long, device=vectors.device)  # [M, W, k]
    for k, (book, table) in enumerate(zip(books, tables, strict=True)):
        one = torch.ones_like(rest[..., :1])
        added = torch.cat([rest, one], 2).flatten(0, 1) @ table  # [M W, V]: what an entry adds to the error
        parent, code, error = best(added.reshape(*rest.shape[:2], -1), error, width)
        rest = rest.gather(1, parent[..., None].expand(-1, -1, rest.shape[2])) - book[code]
        codes = torch.cat([codes.gather(1, parent[..., None].expand(-1, -1, k)), code[..., None]], 2)
    return codes[:, 0]


def best(added: Tensor, error: Tensor, width: int) -> tuple[Tensor, Tensor, Tensor]:
    """The smallest sums of error [M, W] and added [M, W, V], best first: beginning, entry and sum, [M, width] each.

    They lie in the groups of entries with the smallest minima, so most sums need not be sorted."""
    count, beginnings, size = added.shape
    group = math.gcd(size, GROUP)
    per_beginning = size // group
    lowest = added.view(count, beginnings, per_beginning, group).amin(3) + error[..., None]
    lowest = lowest.flatten(1)
    groups = lowest.topk(min(width, lowest.shape[1]), largest=False, sorted=False).indices  # [M, g]
    sums = added.view(count, -1, group).gather(1, groups[..., None].expand(-1, -1, group))
    sums = (sums + error.gather(1, groups // per_beginning)[..., None]).flatten(1)
    smallest, place = sums.topk(min(width, sums.shape[1]), largest=False)
    where = groups.gather(1, place // group) * group + place % group
    return where // size, where % size, smallest
