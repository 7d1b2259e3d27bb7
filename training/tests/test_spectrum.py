import heapq

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


def priority_of(magnitude: np.ndarray) -> np.ndarray:
    """The priority that follows the magnitudes themselves."""
    return np.rint(np.log(magnitude) * spectrum.PRIORITY_UNITS * spectrum.BIN_UNITS).astype(np.int64)


def stream(**options) -> PhaseStream:
    return PhaseStream(iterations=4, open_steps=1, momentum=0.9, tolerance=0.01, **options)


def test_each_band_is_a_weighted_mean_of_bins():
    to_bands, to_bins = spectrum.band_matrices(128, 48)
    assert to_bands.shape == (128, 481) and to_bins.shape == (481, 128)
    np.testing.assert_allclose(to_bands.sum(1), 1)
    np.testing.assert_allclose(to_bins.sum(1), 1)
    np.testing.assert_array_equal(to_bands[:47, :47], np.eye(47))


def test_priorities_of_bins_lie_between_those_of_bands_without_rounding():
    _, to_bins = spectrum.band_matrices(128, 48)
    bands = np.random.default_rng(0).integers(-32766, 32767, size=(7, 128)).astype(np.int16)
    found = spectrum.bin_priorities(bands, to_bins)
    np.testing.assert_array_equal(found[:, :47], bands[:, :47] * np.int64(spectrum.BIN_UNITS))
    np.testing.assert_array_equal(found[:, 480], bands[:, 127] * np.int64(spectrum.BIN_UNITS))
    wanted = bands.astype(float) @ to_bins.T
    assert np.abs(found / spectrum.BIN_UNITS - wanted).max() <= 2 * 32767 / spectrum.BIN_UNITS  # shares are rounded down


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
    found = spectrum.synthesize(magnitude, priority_of(magnitude), stream())
    again = np.abs(spectrum.spectra(found))
    inner = slice(4, -4)  # the ends lack neighbours
    error = np.linalg.norm(again[inner] - magnitude[inner]) / np.linalg.norm(magnitude[inner])
    assert 20 * np.log10(error) < -20


def test_what_comes_later_changes_nothing_that_is_out(magnitude: np.ndarray):
    first, second = stream(), stream()
    changed = magnitude.copy()
    changed[24:] *= 3
    for t in (0, 8, 16):
        part = slice(t, t + 8)
        found = first.push(magnitude[part], priority_of(magnitude)[part])
        np.testing.assert_array_equal(second.push(changed[part], priority_of(changed)[part]), found)


def test_rounding_in_the_magnitudes_changes_next_to_nothing(magnitude: np.ndarray):
    rng = np.random.default_rng(0)
    first = spectrum.synthesize(magnitude, priority_of(magnitude), stream())
    for _ in range(3):
        noisy = magnitude * (1 + 1e-6 * rng.standard_normal(magnitude.shape))
        second = spectrum.synthesize(noisy, priority_of(magnitude), stream())
        assert np.linalg.norm(first - second) < 1e-4 * np.linalg.norm(first)  # -80 dB


def test_the_order_is_that_of_the_priority():
    row = np.hanning(481) + 0.01
    low_first, high_first = np.arange(0, -481, -1), np.arange(-480, 1)
    one, other = (
        spectrum.integrate_phase(row, [0.8 * row], order, order, np.zeros(481), 1, 1e-9)
        for order in (low_first, high_first)
    )
    assert np.abs(np.angle(np.exp(1j * (one - other)))).max() > 0.1


def spread_by_heap(phase, todo, priority, priority_before, along_time, per_bin):
    """Algorithm 2 of the paper, plainly: on from the known bin of the highest priority, again and again."""
    phase, todo = phase.copy(), todo.copy()
    heap = [(-priority_before[k], False, k) for k in np.flatnonzero(todo)]
    heapq.heapify(heap)
    while todo.any():
        _, is_this_step, k = heapq.heappop(heap)
        for j in (k - 1, k + 1) if is_this_step else (k,):
            if 0 <= j < 481 and todo[j]:
                way = phase[k] + (j - k) * (per_bin[k] + per_bin[j]) / 2 if is_this_step else along_time[k]
                phase[j], todo[j] = way, False
                heapq.heappush(heap, (-priority[j], True, j))
    return phase


def test_two_passes_find_what_a_heap_finds():
    rng = np.random.default_rng(0)
    for smooth in (1, 20, 1, 20, 1, 20):
        rough = rng.standard_normal((2, 481 + smooth))
        priority, before = np.stack([np.convolve(row, np.ones(smooth), "valid")[:481] for row in rough])
        todo = priority > np.quantile(priority, 0.3)
        args = (rng.standard_normal(481), todo, priority, before, *rng.standard_normal((2, 481)))
        np.testing.assert_allclose(spectrum.spread(*args), spread_by_heap(*args))


def test_the_golden_samples_come_out(package):
    golden, config = load_file(package / "golden.safetensors"), Config.read(package / "config.json")
    _, to_bins = spectrum.band_matrices(config.bands, config.single_bins)
    for suffix in ("", "_first_4_layers"):
        wanted = golden["decoded" + suffix]
        magnitude = spectrum.magnitudes(golden["decoded_bands" + suffix], to_bins, config.floor)
        order = spectrum.bin_priorities(golden["priority" + suffix], to_bins)
        found = spectrum.synthesize(magnitude, order, stream())
        assert np.linalg.norm(found - wanted) < 1e-3 * np.linalg.norm(wanted)  # -60 dB
