from pathlib import Path

import pytest
import torch

import data
import export
import spectrum
from data import Augmentation, Corpus
from held import DECIBELS, HOLDS, Hold, Measured, Multipliers, cosines, mel_filters
from losses import Weights
from model import Compact, Config
from periodicity import LAGS, Periodicity
from run import Options, Run
from train import train

CONFIG, CPU = Config(), torch.device("cpu")
MEASURED = Measured(CONFIG.bands, CONFIG.single_bins, CONFIG.floor, CPU)


def bands() -> torch.Tensor:
    """Log bands [B, L, N], far above the floor: harmonics of 200 Hz (8 bins) in the first half of the steps, a pause in the second."""
    comb = torch.cos(2 * torch.pi * torch.arange(CONFIG.bands) / 8) * (torch.arange(CONFIG.bands) < CONFIG.single_bins)
    voice = 3 - torch.linspace(0, 3, CONFIG.bands) + comb + 0.1 * torch.randn(2, 32, CONFIG.bands)
    return torch.cat([voice, -3.5 + 0.1 * torch.randn(2, 32, CONFIG.bands)], dim=1)


def louder(target: torch.Tensor, decibels: float) -> torch.Tensor:
    return torch.log((target.exp() - CONFIG.floor) * 10 ** (decibels / 20) + CONFIG.floor)


def test_filters_have_equal_peaks_and_the_cosines_are_orthonormal():
    for count, highest in ((80, 12_000.0), (40, 8_000.0)):
        filters = mel_filters(count, highest)
        assert (filters.max(0) > 0.4).all() and filters.max() <= 1
    rows = torch.from_numpy(cosines(40))
    torch.testing.assert_close(rows.T @ rows, torch.eye(13, dtype=rows.dtype))


def test_a_gain_is_a_distance_of_levels_and_none_of_the_cepstrum():
    target = bands()
    same, other = MEASURED.terms(target, target), MEASURED.terms(louder(target, 2.0), target)
    for name, wanted in (("mel", 2.0), ("spectrum", 2.0), ("cepstrum", 0.0)):
        assert same[name].item() == pytest.approx(0, abs=0.01)
        assert other[name].item() == pytest.approx(wanted, abs=0.05), name
    assert (other["pause"] - same["pause"]).item() == pytest.approx(2.0, abs=0.05)


def test_a_tilt_moves_the_cepstrum_as_its_first_cosine_says():
    shape = torch.from_numpy(cosines(40)[:, 0]).float()
    target = torch.full((1, 8, CONFIG.bands), 2.0)
    hertz = torch.linspace(0, 2595 * torch.log10(torch.tensor(1 + 8000 / 700)), 42)[1:-1]
    centres = 700 * (10 ** (hertz / 2595) - 1)
    tilt = torch.stack([shape[(centres - f).abs().argmin()] for f in torch.arange(481) * 25.0])
    to_bands = torch.linalg.pinv(MEASURED.to_bins.T) @ tilt
    distance = MEASURED.terms(target + 0.2 * to_bands, target)["cepstrum"].item()
    assert distance == pytest.approx(DECIBELS * 2**0.5 * 0.2, rel=0.1)


def test_only_pauses_count_for_their_level_and_only_loud_steps_for_the_comb():
    target = bands()
    voice_louder, pause_louder = target.clone(), target.clone()
    voice_louder[:, :32], pause_louder[:, 32:] = louder(target[:, :32], 1.0), louder(target[:, 32:], 1.0)
    flat = target.clone()
    flat[:, :32, : CONFIG.single_bins] = flat[:, :32, : CONFIG.single_bins].mean(2, keepdim=True)
    same = MEASURED.terms(target, target)
    assert MEASURED.terms(voice_louder, target)["pause"].item() == pytest.approx(same["pause"].item())
    assert (MEASURED.terms(pause_louder, target)["pause"] - same["pause"]).item() == pytest.approx(1.0, abs=0.05)
    assert MEASURED.terms(pause_louder, target)["comb"].item() == pytest.approx(same["comb"].item())
    assert same["comb"].item() < -0.3 and MEASURED.terms(flat, target)["comb"].abs() < 0.01


def test_periods_lost_and_periods_made_up_are_told_apart():
    target = bands()[:, :32]
    single = target[..., : CONFIG.single_bins]
    target[..., : CONFIG.single_bins] += single - single.mean(2, keepdim=True)  # harmonics twice as high
    flat = target.clone()
    flat[..., : CONFIG.single_bins] = single.mean(2, keepdim=True)
    same, lost, won = (MEASURED.terms(*pair) for pair in ((target, target), (flat, target), (target, flat)))
    for name in ("voiced", "unvoiced", "voiced_roots", "unvoiced_roots"):
        assert same[name].item() == pytest.approx(0, abs=1e-6)
    assert lost["voiced"] > 0.1 and lost["voiced_roots"] > 0.05 and lost["unvoiced"] == 0
    assert won["unvoiced"] > 0.1 and won["unvoiced_roots"] > 0.02 and won["voiced"] == 0


def test_white_noise_has_no_period_and_a_pulse_train_repeats():
    measure = Periodicity(CPU)
    lag = 160  # samples: 150 Hz
    pulses = torch.zeros(spectrum.WINDOW_LENGTH)
    pulses[::lag] = 1
    noise = torch.randn(spectrum.WINDOW_LENGTH)
    window = torch.from_numpy(spectrum.WINDOW).float()
    values = [measure.autocorrelation(torch.fft.rfft(x * window).abs().square()[None, None])[0, 0] for x in (pulses, noise)]
    # the transform is as long as the window, so the ends of the signal meet: a little more than 1 at long lags
    assert values[0].max() > 0.95 and (LAGS[values[0].argmax()] % lag) == 0
    assert values[1].max() < 0.6


def test_the_level_of_wide_bands_is_that_of_the_piece():
    target = bands()
    assert MEASURED.terms(target, target)["level"].item() == pytest.approx(0, abs=1e-6)
    assert MEASURED.terms(louder(target, 3.0), target)["level"].item() == pytest.approx(3.0, abs=0.05)


def test_a_multiplier_rises_while_its_term_is_worse_and_falls_to_nothing_while_it_is_better():
    multipliers = Multipliers({"log": Hold(first=1.0, rate=2.0, margin=0.01, most=0.5)})
    for _ in range(100):
        multipliers.follow({"log": torch.tensor(1.01)}, {"log": torch.tensor(1.0)})
    assert multipliers.weights["log"] == pytest.approx(1 + 100 * 2 * 0.02, rel=1e-3)
    assert multipliers.penalty({"log": torch.tensor(3.0)}).item() == pytest.approx(3 * multipliers.weights["log"])
    for _ in range(400):
        multipliers.follow({"log": torch.tensor(0.9)}, {"log": torch.tensor(1.0)})
    assert multipliers.weights["log"] == 0
    odd = Multipliers({"log": Hold(first=1.0, rate=2.0, most=0.5)})
    odd.follow({"log": torch.tensor(100.0)}, {"log": torch.tensor(1.0)})
    assert odd.weights["log"] == 2.0


def test_a_held_term_stays_where_loudness_alone_would_raise_it(toy: Config, shard: Path, noise_folder: Path, tmp_path: Path):
    data.write_features([str(shard)], str(noise_folder), tmp_path / "features", toy)
    export.save_model(Compact(toy), tmp_path / "model", "float16", "toy")
    excess = []
    for first in (0.0, 50.0):
        options = Options(steps=30, batch=4, frames=4, learning_rate=1e-2, warm_up=5, only_decoder=True, hold=tuple(HOLDS))
        run, corpus = Run(toy, options, CPU), Corpus(tmp_path / "features", toy, 4, CPU, Augmentation(noise=0.25))
        run.start_from([str(tmp_path / "model")])
        run.multipliers = Multipliers({"log": Hold(first=first, rate=0.0)})
        train(run, corpus, tmp_path, Weights(log=0, power=0, intelligibility=0, commitment=0, loudness=1))
        excess.append(run.multipliers.excess["log"])
        again = Run(toy, options, CPU)
        again.load(tmp_path / "state.pt")
        assert again.multipliers.state() == run.multipliers.state()
    assert excess[1] < excess[0] - 0.1, excess


def test_a_whole_network_is_held_to_the_first_one_with_its_codes(toy: Config, shard: Path, noise_folder: Path, tmp_path: Path):
    data.write_features([str(shard)], str(noise_folder), tmp_path / "features", toy)
    export.save_model(Compact(toy), tmp_path / "model", "float16", "toy")
    options = Options(steps=5, batch=4, frames=4, learning_rate=1e-2, warm_up=1, hold=("log", "pitch_near"), hold_every=2)
    run, corpus = Run(toy, options, CPU), Corpus(tmp_path / "features", toy, 4, CPU, Augmentation(noise=0.25))
    run.start_from([str(tmp_path / "model")])
    first = {name: value.clone() for name, value in run.before.state_dict().items()}
    seen = []
    run.multipliers.follow = lambda now, before: seen.append(now["log"].item() - before["log"].item())
    train(run, corpus, tmp_path, Weights())
    assert len(seen) == 3  # steps 0, 2 and 4
    assert abs(seen[0]) < 1e-6  # the same codes and bands while the weights are the same
    assert abs(seen[2]) > 1e-4
    assert all(torch.equal(value, first[name]) for name, value in run.before.state_dict().items())
    assert not torch.equal(run.model.codebooks, first["codebooks"])
