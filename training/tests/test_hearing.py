import torch

from hearing import Hearing, mean_shift, third_octaves
from model import Config

CONFIG = Config()
HEARING = Hearing(CONFIG.bands, CONFIG.single_bins, CONFIG.floor, torch.device("cpu"))


def speech_like(batch: int = 2, steps: int = 96) -> torch.Tensor:
    """Log bands [B, L, N] that swell and fade, with a pause."""
    torch.manual_seed(0)
    slow = torch.nn.functional.interpolate(torch.randn(batch, CONFIG.bands, steps // 8), steps, mode="linear").transpose(1, 2)
    bands = 1.5 * slow - torch.linspace(0, 3, CONFIG.bands)
    bands[:, 40:50] = -4.0
    return bands


def terms(decoded: torch.Tensor, target: torch.Tensor) -> dict[str, float]:
    return {name: term.item() for name, term in HEARING.terms(decoded, target).items()}


def test_equal_spectra_cost_nothing():
    bands = speech_like()
    assert all(abs(value) < 1e-3 for value in terms(bands, bands).values())


def test_both_terms_grow_with_the_error():
    bands = speech_like()
    error = torch.randn_like(bands)
    few, many = (terms(bands + size * error, bands) for size in (0.2, 0.8))
    assert few["intelligibility"] < many["intelligibility"] and few["loudness"] < many["loudness"]


def test_a_change_of_level_is_forgiven():
    bands = speech_like()
    louder = torch.log((bands.exp() - CONFIG.floor).clamp(min=0) * 1.5 + CONFIG.floor)
    worse = terms(bands + 0.4 * torch.randn_like(bands), bands)
    changed = terms(louder, bands)
    assert changed["intelligibility"] < 1e-3 and changed["loudness"] < 0.1 * worse["loudness"]


def test_what_is_added_costs_more_than_what_is_missing():
    bands = speech_like()
    bands[..., 60:80] -= 3.0
    added = bands.clone()
    added[..., 60:80] += 3.0
    assert terms(added, bands)["loudness"] > terms(bands, added)["loudness"] > 0


def test_gradients_are_finite_in_silence_too():
    bands = torch.full((1, 96, CONFIG.bands), -4.7)
    decoded = bands.clone().requires_grad_()
    sum(HEARING.terms(decoded, bands).values()).backward()
    assert decoded.grad.isfinite().all()


def test_groups_cover_what_the_measures_look_at():
    assert abs(third_octaves()[0] - 133.6) < 0.1 and abs(third_octaves()[-1] - 4276) < 1
    assert (HEARING.thirds.sum(0) > 0).all()


def test_a_constant_shift_is_seen_and_errors_that_cancel_are_not():
    bands = speech_like()
    assert abs(mean_shift(bands + 0.1, bands).item() - 0.1) < 1e-3
    assert mean_shift(bands + 0.1 * torch.randn_like(bands), bands).item() < 0.05
