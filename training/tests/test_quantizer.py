import torch

from quantizer import Quantizer, kmeans
from search import nearest


def clusters(count: int = 400) -> torch.Tensor:
    """Points around four corners, [count, 2]."""
    corners = torch.tensor([[0.0, 0.0], [0.0, 5.0], [5.0, 0.0], [5.0, 5.0]])
    return corners[torch.arange(count) % 4] + 0.1 * torch.randn(count, 2)


def test_kmeans_finds_clusters_that_are_there():
    points = clusters()
    starts = [kmeans(points, 4) for _ in range(8)]  # some starts put two centres into one cluster
    assert min((points - centres[choice]).square().mean() for centres, _, choice in starts) < 0.02


def test_kmeans_works_with_fewer_points_than_entries():
    centres, count, choice = kmeans(torch.randn(5, 3), 8)
    assert centres.shape == (8, 3) and len(choice) == 5 and count.sum() == 8


def test_each_layer_starts_on_what_the_layers_before_leave():
    quantizer, latents = Quantizer(torch.zeros(3, 16, 4)), torch.randn(2000, 4)
    quantizer.start(latents)
    rest, errors = latents, []
    for book in quantizer.codebooks:
        rest = rest - book[nearest(rest, book)]
        errors.append(rest.square().mean())
    assert errors[0] > errors[1] > errors[2]


def test_the_gradient_passes_straight_through():
    quantizer = Quantizer(torch.randn(2, 8, 4))
    latent = torch.randn(3, 5, 4, requires_grad=True)
    quantised, _ = quantizer(latent, torch.tensor([2, 2, 2]), 0.99)
    quantised.sum().backward()
    torch.testing.assert_close(latent.grad, torch.ones_like(latent))


def test_dropped_layers_add_nothing():
    books = torch.randn(2, 8, 4)
    latent = torch.randn(2, 1, 4)
    quantised, _ = Quantizer(books.clone())(latent, torch.tensor([1, 0]), 0.99)
    torch.testing.assert_close(quantised[0, 0], books[0][nearest(latent[0], books[0])][0])
    torch.testing.assert_close(quantised[1], torch.zeros(1, 4))


def test_entries_move_to_the_mean_of_what_chooses_them():
    quantizer = Quantizer(torch.tensor([[[0.0, 0.0], [9.0, 9.0]]]))
    points = torch.cat([torch.full((32, 2), 1.0), torch.full((32, 2), 8.0)])[None]
    for _ in range(300):
        quantizer(points, torch.tensor([1]), 0.95)
    torch.testing.assert_close(quantizer.codebooks[0], torch.tensor([[1.0, 1.0], [8.0, 8.0]]), atol=1e-3, rtol=0)
    torch.testing.assert_close(quantizer.count.mean(), torch.tensor(1.0))


def test_dead_entries_take_half_of_the_busiest_one():
    quantizer = Quantizer(torch.tensor([[[0.0, 0.0], [100.0, 100.0]]]))
    points = torch.cat([torch.full((32, 2), 1.0), torch.full((32, 2), 8.0)])[None]
    for _ in range(400):
        quantizer(points, torch.tensor([1]), 0.95)
    assert sorted(quantizer.codebooks[0, :, 0].round().tolist()) == [1.0, 8.0]
    torch.testing.assert_close(quantizer.count.sum(), torch.tensor(2.0))
