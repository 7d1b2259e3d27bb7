import itertools

import torch

from search import nearest, search


def books() -> torch.Tensor:
    """Three layers of 64 entries, each layer finer than the one before: [3, 64, 4]"""
    return torch.randn(3, 64, 4) * torch.tensor([1.0, 0.5, 0.25])[:, None, None]


def errors(vectors: torch.Tensor, codebooks: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
    entries = torch.stack([book[column] for book, column in zip(codebooks, codes.t(), strict=True)])
    return (vectors - entries.sum(0)).square().sum(1)


def test_width_one_takes_the_nearest_entry_layer_by_layer():
    codebooks, vectors = books(), torch.randn(600, 4)
    rest, greedy = vectors, []
    for book in codebooks:
        greedy.append(nearest(rest, book))
        rest = rest - book[greedy[-1]]
    torch.testing.assert_close(search(vectors, codebooks, 1), torch.stack(greedy, 1))


def test_a_beam_as_wide_as_all_beginnings_finds_the_best_sum():
    codebooks, vectors = books()[:, :6], torch.randn(40, 4)
    every = torch.tensor(list(itertools.product(range(6), repeat=3)))  # [216, 3]
    wanted = torch.stack([errors(vectors, codebooks, codes.expand(40, 3)) for codes in every]).amin(0)
    torch.testing.assert_close(errors(vectors, codebooks, search(vectors, codebooks, 36)), wanted)


def test_a_wider_beam_leaves_less_error():
    codebooks, vectors = books(), torch.randn(600, 4)
    means = [errors(vectors, codebooks, search(vectors, codebooks, width)).mean() for width in (1, 2, 8)]
    assert means[0] > 1.05 * means[1] > 1.05 * means[2]


def test_vectors_do_not_depend_on_each_other():
    codebooks, vectors = books(), torch.randn(600, 4)
    torch.testing.assert_close(search(vectors, codebooks, 4)[77:78], search(vectors[77:78], codebooks, 4))
