import numpy as np
import torch

import spectrum
from pitch import RATE, VOICED, Pitch

PITCH = Pitch(torch.device("cpu"))
LOUD = torch.ones(1, 1, dtype=torch.bool)


def powers(pitch: float, odd: float = 1.0) -> torch.Tensor:
    """Powers [1, 1, F] of a step of twelve harmonics of `pitch` Hz; the odd ones at `odd` times their amplitude."""
    t = np.arange(spectrum.WINDOW_LENGTH) / spectrum.SAMPLE_RATE
    signal = sum((odd if k % 2 else 1.0) * np.cos(2 * np.pi * pitch * k * t + k * k) / k for k in range(1, 13))
    return torch.from_numpy(np.abs(np.fft.rfft(signal * spectrum.WINDOW)) ** 2).float()[None, None]


def hertz(step: torch.Tensor) -> float:
    at, _ = PITCH.period(PITCH.difference(step))
    return RATE / (at.item() + 1)


def test_the_period_of_harmonics_is_found():
    for pitch in (80, 100, 160, 200, 250, 400):
        assert abs(hertz(powers(pitch)) / pitch - 1) < 0.04, pitch


def test_noise_has_no_pitch():
    noise = torch.rand(1, 50, spectrum.BINS) * torch.rand(1, 50, spectrum.BINS)
    _, depth = PITCH.period(PITCH.difference(noise))
    assert (depth > VOICED).float().mean() > 0.8


def test_what_is_equal_costs_nothing():
    step = powers(120)
    assert all(term.item() < 1e-6 for term in PITCH.terms(step, step, LOUD).values())


def test_a_step_without_its_odd_harmonics_made_an_octave():
    target, octave = powers(110), powers(110, odd=0.05)
    assert hertz(target) < 115 and hertz(octave) > 200
    terms = PITCH.terms(target, octave, LOUD)
    assert terms["pitch_made"] > 0.1 / 30  # a mean over 30 steps at least
    assert terms["pitch_lost"] < 1e-6


def test_noise_between_harmonics_loses_the_pitch():
    target = powers(150)
    assert PITCH.terms(target, target + 0.2 * target.amax(), LOUD)["pitch_lost"] > 0.1 / 30


def test_a_pitch_that_is_two_percent_off_is_heard():
    target = powers(200)
    off = PITCH.terms(target, powers(204), LOUD)["pitch_fine"].item() * 30
    assert 1.0 < off < 3.0


def test_a_pitch_some_semitones_off_is_near_and_an_octave_is_not():
    target = powers(150)
    off, octave = (PITCH.terms(target, powers(pitch), LOUD)["pitch_near"] for pitch in (165, 300))
    assert off > 0.05 / 30
    assert octave < off / 10


def test_quiet_steps_do_not_count():
    terms = PITCH.terms(powers(110), powers(110, odd=0.05), ~LOUD)
    assert all(term.item() == 0 for term in terms.values())


def test_all_terms_have_gradients():
    step = powers(110, odd=0.3).requires_grad_()
    sum(PITCH.terms(powers(111), step, LOUD).values()).backward()
    assert torch.isfinite(step.grad).all() and step.grad.abs().sum() > 0
