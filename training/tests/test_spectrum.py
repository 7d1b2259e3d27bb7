import numpy as np
import pytest
from safetensors.numpy import load_file

import spectrum
from conftest import voice
from model import Config
from spectrum import PhaseStream


@pytest.fixture
def magnitude() -> np.ndarray:
    """Of five frames of voice, [40, 481]."""
    return np.maximum(np.abs(spectra_of_voice()), spectrum.MAGNITUDE_MIN)


def spectra_of_voice() -> np.ndarray:
    return spectrum.spectra(voice(0.4, 140))


def stream(**options) -> PhaseStream:
    return PhaseStream(iterations=4, open_steps=1, momentum=0.9, tolerance=0.01, **options)


def test_each_band_is_a_weighted_mean_of_bins():
    to_bands, to_bins = spectrum.band_matrices(128, 48)
    assert to_bands.shape == (128, 481) and to_bins.shape == (481, 128)
    np.testing.assert_allclose(to_bands.sum(1), 1)
    np.testing.assert_allclose(to_bins.sum(1), 1)
    np.testing.assert_array_equal(to_bands[:47, :47], np.eye(47))


def test_a_step_sees_only_the_past():
    pcm = voice(0.4, 140)
    cut = np.where(np.arange(len(pcm)) < 4800, pcm, 0)
    np.testing.assert_array_equal(spectrum.spectra(cut)[:20], spectrum.spectra(pcm)[:20])


def test_a_full_scale_sine_has_magnitude_240():
    sine = np.sin(2 * np.pi * 1000 * np.arange(4800) / 24000)
    assert np.abs(spectrum.spectra(sine))[10, 40] == pytest.approx(240, rel=1e-6)


def test_random_angles_are_those_of_the_other_implementations():
    # 2 pi h / 2^32 with h = 4267945229 and 2325181906 (h of bins 0 and 480 of step 7); bin 0 of step 0 has h = 0.
    assert spectrum.random_phase(0)[0] == 0
    np.testing.assert_allclose(spectrum.random_phase(7)[[0, 480]], [6.24365424, 3.40155065], atol=1e-8)
    assert spectrum.random_phase(2**24).max() < 2 * np.pi  # the counter wraps around, without a warning


def test_phases_found_fit_the_magnitudes(magnitude: np.ndarray):
    found = spectrum.synthesize(magnitude, stream())
    again = np.abs(spectrum.spectra(found))
    inner = slice(4, -4)  # the ends lack neighbours
    error = np.linalg.norm(again[inner] - magnitude[inner]) / np.linalg.norm(magnitude[inner])
    assert 20 * np.log10(error) < -20


def test_what_comes_later_changes_nothing_that_is_out(magnitude: np.ndarray):
    first, second = stream(), stream()
    changed = magnitude.copy()
    changed[24:] *= 3
    for t in (0, 8, 16):
        np.testing.assert_array_equal(first.push(magnitude[t : t + 8]), second.push(changed[t : t + 8]))


def test_the_search_is_not_chaotic(magnitude: np.ndarray):
    noise = np.random.default_rng(0).standard_normal(magnitude.shape)
    first = spectrum.synthesize(magnitude, stream())
    second = spectrum.synthesize(magnitude * (1 + 1e-6 * noise), stream())
    assert np.abs(first - second).max() < 1e-3


def test_the_golden_samples_come_out(package):
    golden, config = load_file(package / "golden.safetensors"), Config.read(package / "config.json")
    _, to_bins = spectrum.band_matrices(config.bands, config.single_bins)
    for suffix in ("", "_first_4_layers"):
        wanted = golden["decoded" + suffix]
        magnitude = spectrum.magnitudes(golden["decoded_bands" + suffix], to_bins, config.floor)
        found = spectrum.synthesize(magnitude, stream())
        assert np.linalg.norm(found - wanted) < 1e-3 * np.linalg.norm(wanted)  # -60 dB
